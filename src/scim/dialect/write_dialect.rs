//! How users are changed: operations of a PATCH (RFC 7644 §3.5.2), spelt as the provider wants them.
//!
//! Where the provider takes a whole user only, the same operations are carried out here, on the user
//! as it was just read, and all of it is sent back by PUT (RFC 7644 §3.5.1).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::provider_dialect::is_attribute;
use super::template::{Placeholders, Template, check_text, fill_text};

/// How users are changed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct WriteDialect {
    /// The HTTP method.
    pub method: WriteMethod,
    /// Whether one request may change sign-in and access; if not, each has its own.
    pub together: bool,
    /// Takes away the right to sign in.
    pub disable: Vec<PatchOperation>,
    /// Gives back the right to sign in.
    pub enable: Vec<PatchOperation>,
    /// Takes away all access.
    pub remove_access: Vec<PatchOperation>,
    /// Sets access to `{access}`, and to nothing else.
    pub set_access: Vec<PatchOperation>,
    /// Attributes that a PUT leaves out, since they are the provider's own.
    pub put_without: Vec<String>,
    /// Whether `If-Match` is sent with a write of a user: only where the provider keeps real versions.
    pub if_match: bool,
    /// Whether users may be deleted, if that is asked for. A deletion cannot be undone.
    pub delete: bool,
}

/// How a change is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum WriteMethod {
    /// Only what changes.
    #[default]
    Patch,
    /// The whole user, read right before.
    Put,
}

/// One operation of a PATCH.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatchOperation {
    op: Op,
    path: Option<PathTemplate>,
    value: Option<Template>,
}

/// The operations of RFC 7644, in lower case as it spells them or as other clients do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Op {
    #[serde(rename = "add")]
    Add,
    #[serde(rename = "replace")]
    Replace,
    #[serde(rename = "remove")]
    Remove,
    #[serde(rename = "Add")]
    AddCapital,
    #[serde(rename = "Replace")]
    ReplaceCapital,
    #[serde(rename = "Remove")]
    RemoveCapital,
}

/// A path, in which `{user}` and `{id}` are values of a filter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct PathTemplate(String);

impl TryFrom<String> for PathTemplate {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        check_text(&text)?;
        Ok(Self(text))
    }
}

impl Default for WriteDialect {
    fn default() -> Self {
        let one = |op, path: &str, value: Option<Value>| {
            vec![PatchOperation {
                op,
                path: Some(PathTemplate(path.to_owned())),
                value: value.map(Template::new),
            }]
        };
        Self {
            method: WriteMethod::Patch,
            together: true,
            disable: one(Op::Replace, "active", Some(json!(false))),
            enable: one(Op::Replace, "active", Some(json!(true))),
            remove_access: one(Op::Remove, "entitlements", None),
            set_access: one(Op::Replace, "entitlements", Some(json!("{access}"))),
            put_without: vec!["meta".to_owned(), "groups".to_owned()],
            if_match: false,
            delete: false,
        }
    }
}

impl WriteDialect {
    /// Whether a write needs the user as read right before: to send it back, or for its version.
    pub(in crate::scim) fn needs_read(&self) -> bool {
        self.method == WriteMethod::Put || self.if_match
    }

    /// Checks the rules that concern more than one key.
    pub(super) fn check(&self) -> Result<(), String> {
        let all = [
            ("disable", &self.disable),
            ("enable", &self.enable),
            ("remove-access", &self.remove_access),
            ("set-access", &self.set_access),
        ];
        for (name, operations) in all {
            if operations.is_empty() {
                return Err(format!("`{name}` has no operation"));
            }
            for operation in operations {
                operation
                    .check(self.method)
                    .map_err(|why| format!("`{name}`: {why}"))?;
            }
        }
        let sets = |operation: &PatchOperation| operation.mentions("{access}");
        if !self.set_access.iter().any(sets) {
            return Err("`set-access` does not contain `{access}`, the list to set".to_owned());
        }
        Ok(())
    }
}

impl PatchOperation {
    pub(super) fn mentions(&self, place: &str) -> bool {
        let value = self.value.as_ref();
        self.path
            .as_ref()
            .is_some_and(|path| path.0.contains(place))
            || value.is_some_and(|value| value.mentions(place))
    }

    /// Whether the operation can be carried out (RFC 7644 §3.5.2); by PUT, here.
    pub(super) fn check(&self, method: WriteMethod) -> Result<(), String> {
        let path = self.path.as_ref().map(|path| path.0.as_str());
        if self.op.removes() && path.is_none() {
            return Err("`remove` needs a `path`".to_owned());
        }
        if !self.op.removes() && self.value.is_none() {
            return Err("only `remove` does without a `value`".to_owned());
        }
        let object = self
            .value
            .as_ref()
            .is_some_and(|value| value.members().is_some());
        if path.is_none() && !object {
            return Err("without a `path` the `value` is an object".to_owned());
        }
        if method == WriteMethod::Put && path.is_some_and(|path| !is_attribute(path)) {
            return Err("by PUT only whole attributes can be changed".to_owned());
        }
        Ok(())
    }

    /// The operation as a PATCH carries it.
    pub(in crate::scim) fn patch(&self, places: Placeholders<'_>) -> Value {
        let mut patch = Map::new();
        patch.insert("op".to_owned(), json!(self.op));
        if let Some(PathTemplate(path)) = &self.path {
            // Within a filter a value is a JSON string (RFC 7644 §3.4.2.2).
            let inside = |text: &str| {
                let quoted = Value::from(text).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            };
            patch.insert("path".to_owned(), fill_text(path, places, inside).into());
        }
        if let Some(value) = &self.value {
            patch.insert("value".to_owned(), value.fill(places));
        }
        Value::Object(patch)
    }

    /// Carries the operation out on a whole user. Names of attributes have no case (RFC 7643 §2.1).
    pub(in crate::scim) fn apply(&self, user: &mut Map<String, Value>, places: Placeholders<'_>) {
        let value = self.value.as_ref().map(|value| value.fill(places));
        match (&self.path, value) {
            (Some(PathTemplate(path)), _) if self.op.removes() => remove_attribute(user, path),
            (Some(PathTemplate(path)), Some(value)) => set(user, path, value),
            (None, Some(Value::Object(members))) => {
                for (name, value) in members {
                    set(user, &name, value);
                }
            }
            _ => {}
        }
    }
}

impl Op {
    fn removes(self) -> bool {
        matches!(self, Self::Remove | Self::RemoveCapital)
    }
}

/// Takes an attribute away, however it is spelt.
pub(in crate::scim) fn remove_attribute(user: &mut Map<String, Value>, name: &str) {
    user.retain(|known, _| !known.eq_ignore_ascii_case(name));
}

fn set(user: &mut Map<String, Value>, name: &str, value: Value) {
    let known = user.keys().find(|known| known.eq_ignore_ascii_case(name));
    let spelt = known.map_or(name, String::as_str).to_owned();
    remove_attribute(user, name);
    user.insert(spelt, value);
}
