//! The settings as they are kept with a run: by their keys in files, and without secrets.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::http::without_secrets;
use crate::roster::HeaderAt;
use crate::settings::{Evidence, Layer, Settings, Span};

impl Settings {
    /// The settings as a JSON object: every setting that may be kept as evidence, by its key in files. A setting
    /// that has no value is null. Neither a secret nor the name of a file that holds one is part of it.
    ///
    /// Values that were checked replace the text that was given: an address is complete, and the protect list holds
    /// the patterns of all files.
    pub fn recorded(&self) -> Value {
        let span = |span: Duration| Span(span).to_string();
        let (limits, safety, connection) = (&self.limits, &self.safety, &self.connection);
        let checked = json!({
            "scim-url": connection.scim.as_str(),
            "sign-in": connection.sign_in.kind.to_string(),
            "sign-in-url": connection.sign_in.method.service(),
            "username": connection.sign_in.username,
            "timeout": span(connection.http.timeout),
            "connect-timeout": span(connection.http.connect_timeout),
            "header-line": match self.roster.header {
                HeaderAt::Line(line) => Some(line),
                HeaderAt::Found | HeaderAt::Absent => None,
            },
            "no-header": self.roster.header == HeaderAt::Absent,
            "allow-unusual-ids": self.roster.unusual_ids,
            "rate": self.rate.to_string(),
            "burst": self.burst,
            "concurrency": self.concurrency,
            "max-attempts": self.max_attempts,
            "throttle-wait": span(self.throttle_wait),
            "grace": span(self.grace),
            "heartbeat": span(self.heartbeat),
            "max-outage": span(limits.outage),
            "max-duration": limits.duration.map(span),
            "until": limits.until.map(|moment| moment.to_string()),
            "cap": safety.rails.cap,
            "cap-share": safety.rails.cap_share.to_string(),
            "protect": safety.protect,
            "plan-ttl": span(safety.plan_ttl),
            "canary": safety.canary,
            // The spelling of the first ledgers, beside the one of files.
            "allow_mismatch": safety.allow_mismatch,
            "allow-mismatch": safety.allow_mismatch,
            "require": self.grounds.required,
        });
        let mut all = self.kept.clone();
        if let Value::Object(checked) = checked {
            all.extend(checked);
        }
        all.into()
    }
}

/// What of a layer may be kept as evidence.
pub(super) fn kept(layer: &Layer) -> Map<String, Value> {
    let mut table = layer.table();
    let may_be_kept = Layer::declared().into_iter();
    let may_be_kept = may_be_kept.filter(|setting| setting.evidence == Evidence::Kept);
    may_be_kept
        .map(|setting| {
            let value = table.remove(&setting.key).unwrap_or_default();
            (setting.key, without_passwords(value))
        })
        .collect()
}

/// A value without the password of an address.
fn without_passwords(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains("://") || text.contains('@') && text.contains(':') => {
            without_secrets(&text).into()
        }
        Value::Array(items) => items.into_iter().map(without_passwords).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p10_what_is_kept_names_no_secret_and_not_where_one_is() {
        let mut layer = Layer::profile("anaplan").unwrap();
        layer.sign_in.username = Some("ada@example.com".to_owned());
        layer.sign_in.password_file = Some("planted".into());
        layer.sign_in.token_file = Some("planted".into());
        layer.token_command.token_command = Some("vault planted".to_owned());
        layer.hosts.oauth_url = Some("https://me:planted@id.example.com".to_owned());
        let recorded = Settings::resolve(layer.clone()).unwrap().recorded();
        assert_eq!(recorded["username"], "ada@example.com");
        assert_eq!(recorded["rate"], "8/s");
        assert_eq!(recorded["profile"], "anaplan");
        assert_eq!(recorded["allow-http"], false);
        assert!(!recorded.to_string().contains("planted"), "{recorded}");
        layer.network.proxy = Some("http://me:planted@proxy.example.com:3128".to_owned());
        let proxy = &kept(&layer)["proxy"];
        assert_eq!(proxy, "http://[redacted]@proxy.example.com:3128");
    }
}
