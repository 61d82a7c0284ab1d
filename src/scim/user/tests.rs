//! Users as providers show them.

use super::*;

fn read(json: &str) -> Option<UserState> {
    let fields = Fields::parse(json.as_bytes()).unwrap();
    user(&anaplan(), RequestKind::Read, &known(), &fields)
}

/// A provider that has shown the attribute before.
fn known() -> Shows {
    let shows = Shows::default();
    shows.note();
    shows
}

fn anaplan() -> Dialect {
    toml::from_str(
        r#"ids = "ignore-case"
        access = { attribute = "entitlements", id-lists = ["WORKSPACE_IDS"], name-lists = ["WORKSPACE_NAMES"] }"#,
    )
    .unwrap()
}

#[test]
fn a_whole_user_is_read() {
    let state = read(
        r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"8a8B","externalId":"",
        "meta":{"resourceType":"User","location":"http://localhost:8090/elsewhere"},
        "userName":"ada@example.com","displayName":"Ada\u001b[1m\nLovelace","active":true,
        "entitlements":[
          {"value":"f1","display":"Finance","type":"WORKSPACE","primary":true},
          {"value":"f2","display":"Sales","type":"WORKSPACE"},
          {"value":"F1, f2","type":"WORKSPACE_IDS"},
          {"value":"\"Finance\",\"Sales, EU\"","type":"WORKSPACE_NAMES"}]}"#,
    );
    assert_eq!(
        state,
        Some(UserState {
            id: "8a8B".into(),
            user_name: Some("ada@example.com".into()),
            display_name: Some("Ada [1m Lovelace".into()),
            addresses: Some(Vec::new()),
            active: Some(true),
            workspaces: Some(vec!["f1".into(), "f2".into()]),
            other_access: Vec::new(),
        })
    );
}

#[test]
fn active_is_a_boolean_or_its_name() {
    for (json, expected) in [
        ("false", Some(false)),
        ("true", Some(true)),
        (r#""False""#, Some(false)),
        (r#"" TRUE ""#, Some(true)),
        (r#""no""#, Some(false)),
        (r#""Yes""#, Some(true)),
        (r#""1""#, Some(true)),
        (r#""0""#, Some(false)),
        ("1", Some(true)),
        ("0", Some(false)),
        ("2", None),
        (r#""on""#, None),
        ("[true]", None),
        ("null", None),
        (r#""True","active":false"#, Some(false)),
        (r#"false,"Active":"True""#, Some(true)),
    ] {
        let state = read(&format!(r#"{{"id":"u","active":{json}}}"#)).unwrap();
        assert_eq!(state.active, expected, "{json}");
    }
    assert_eq!(read(r#"{"id":"u"}"#).unwrap().active, None);
}

#[test]
fn p2_workspaces_are_found_in_every_view() {
    for (json, expected) in [
        ("null", &[][..]),
        ("[]", &[]),
        ("[{}]", &[]),
        ("[null]", &[]),
        (r#"[{"type":"WORKSPACE_IDS","value":""}]"#, &[]),
        (r#"[{"type":"WORKSPACE_IDS","value":" , "}]"#, &[]),
        (r#"[{"type":"WORKSPACE_NAMES"}]"#, &[]),
        (
            r#"[{"type":"WORKSPACE_IDS","value":"a, b,A"}]"#,
            &["a", "b"],
        ),
        (
            r#"[{"type":"WORKSPACE_IDS","value":["a","b"]}]"#,
            &["a", "b"],
        ),
        // One view may lag behind another: what any of them shows is there.
        (
            r#"[{"type":"WORKSPACE","value":"a"},{"type":"WORKSPACE_IDS","value":"a,b"}]"#,
            &["a", "b"],
        ),
        (
            r#"[{"type":"WORKSPACE_NAMES","value":"\"A, B\",\"C\", D"}]"#,
            &["A, B", "C", "D"],
        ),
        (
            r#"[{"type":"WORKSPACE_NAMES","value":"Finance"}]"#,
            &["Finance"],
        ),
        (r#"[{"Type":"workspace_ids","VALUE":"a"}]"#, &["a"]),
        (r#"[{"value":"a"}]"#, &["a"]),
        (r#"[{"display":"A","type":"WORKSPACE"}]"#, &["A"]),
        (r#"[{"value":7}]"#, &["7"]),
        (r#"[{"type":"WORKSPACE"}]"#, &[r#"{"type":"WORKSPACE"}"#]),
        (r#"["a","b"]"#, &["a", "b"]),
        (r#""a""#, &["a"]),
        (r#"{"value":"a","type":"WORKSPACE"}"#, &["a"]),
        ("true", &["true"]),
    ] {
        let state = read(&format!(r#"{{"id":"u","entitlements":{json}}}"#)).unwrap();
        assert_eq!(state.workspaces.unwrap(), expected, "{json}");
    }
    let none = Some(Vec::new());
    assert_eq!(read(r#"{"id":"u"}"#).unwrap().workspaces, none);
    // The answer to a write may show a part of the user only.
    let written = |json: &str| {
        let fields = Fields::parse(json.as_bytes()).unwrap();
        user(&anaplan(), RequestKind::Write, &known(), &fields).unwrap()
    };
    let part = r#"{"id":"u","active":false}"#;
    assert_eq!(written(part).workspaces, None);
    let whole = r#"{"id":"u","userName":"u@example.com","active":false}"#;
    assert_eq!(written(whole).workspaces, none);
}

#[test]
fn what_names_no_user_is_no_user() {
    for json in [
        "{}",
        r#"{"id":7.5}"#,
        r#"{"id":true}"#,
        r#"{"id":""}"#,
        r#"{"id":" "}"#,
        r#"{"id":null,"userName":"ada"}"#,
        r#"{"id":"g","meta":{"resourceType":"Group"}}"#,
    ] {
        assert_eq!(read(json), None, "{json}");
    }
}

#[test]
fn p2_an_attribute_that_is_absent_is_none_only_where_that_is_known() {
    use RequestKind::{List, Read, Write};
    let see = |json: &str, kind, shows: &Shows| {
        let fields = Fields::parse(json.as_bytes()).unwrap();
        user(&anaplan(), kind, shows, &fields).unwrap().workspaces
    };
    let silent = r#"{"id":"u","userName":"u@x.com","active":true}"#;
    let null = r#"{"id":"u","userName":"u@x.com","entitlements":null}"#;
    let none = Some(Vec::new());
    for json in [silent, null] {
        // No answer has shown yet that the provider has the attribute.
        for kind in [List, Read, Write] {
            assert_eq!(see(json, kind, &Shows::default()), None, "{json} {kind:?}");
        }
        assert_eq!(see(json, List, &known()), None, "{json}");
        assert_eq!(see(json, Read, &known()), none, "{json}");
        assert_eq!(see(json, Write, &known()), none, "{json}");
    }
    // One entry of a list that shows it is enough to know, be it empty.
    let shows = Shows::default();
    let empty = r#"{"id":"v","entitlements":[]}"#;
    assert_eq!(see(empty, List, &shows), none);
    assert_eq!(see(silent, Read, &shows), none);
    // A dialect in which absence says nothing.
    let unknown: Dialect =
        toml::from_str(r#"access = { attribute = "groups", absent = "unknown" }"#).unwrap();
    let fields = Fields::parse(silent.as_bytes()).unwrap();
    let state = user(&unknown, Read, &known(), &fields).unwrap();
    assert_eq!(state.workspaces, None);
}

#[test]
fn p2_addresses_that_are_absent_are_none_only_in_a_user_that_was_read_alone() {
    use RequestKind::{List, Read, Write};
    let see = |json: &str, kind, shows: &Shows| {
        let fields = Fields::parse(json.as_bytes()).unwrap();
        user(&anaplan(), kind, shows, &fields).unwrap().addresses
    };
    let shows = Shows::default();
    let silent = r#"{"id":"u","userName":"u@x.com","active":true}"#;
    let kinds = [(List, None), (Write, None), (Read, Some(Vec::new()))];
    for (kind, expected) in kinds {
        assert_eq!(see(silent, kind, &shows), expected, "{kind:?}");
    }
    assert!(!shows.has_addresses());
    let two = r#"{"id":"u","emails":[{"value":"a@x.com"},"b@x.com"]}"#;
    let both = Some(vec!["a@x.com".to_owned(), "b@x.com".to_owned()]);
    assert_eq!(see(two, List, &shows), both);
    assert!(shows.has_addresses());
}

#[test]
fn numbers_are_ids_and_other_attributes_of_access_are_told() {
    let state = read(
        r#"{"id":1001,"roles":[],"groups":[{"value":7,"display":"Staff"}],
            "entitlements":[{"value":42}]}"#,
    )
    .unwrap();
    assert_eq!(state.id, "1001");
    assert_eq!(state.workspaces, Some(vec!["42".to_owned()]));
    assert_eq!(state.other_access, ["groups"]);
}

/// Time must not grow with the square of a list: this one would then take hours.
#[test]
fn a_very_long_list_is_read() {
    let ids: Vec<String> = (0..300_000).map(|id| format!("{id:x}")).collect();
    let list = ids.join(",");
    let json = format!(
        r#"{{"id":"u1","entitlements":[{{"type":"WORKSPACE_IDS","value":"{list},A,{list}"}}]}}"#
    );
    let found = read(&json).unwrap();
    assert_eq!(found.workspaces.as_deref(), Some(&*ids));
    assert!(crate::domain::IdRule::IgnoreCase.is_same_set(&ids, &found.workspaces.unwrap()));
}
