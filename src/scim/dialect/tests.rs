//! What a profile may say, and what is refused in words.

use super::*;
use crate::domain::{Access, Change};

fn read(toml: &str) -> Result<Dialect, String> {
    let dialect: Dialect = toml::from_str(toml).map_err(|error| error.message().to_owned())?;
    dialect.check().map(|()| dialect)
}

#[test]
fn what_a_profile_leaves_out_is_as_the_rfc_has_it() {
    let dialect = read("").unwrap();
    assert_eq!(dialect, Dialect::default());
    assert_eq!(dialect.find.page_size.get(), 100);
    assert!(!dialect.write.delete && dialect.write.together && dialect.find.pages);
}

#[test]
fn what_makes_no_sense_is_refused_in_words() {
    for (toml, why) in [
        ("[find]\npages-size = 3", "unknown field `pages-size`"),
        ("[write]\nmethod = \"POST\"", "unknown variant `POST`"),
        (
            "[write]\ndisable = [{ op = \"frob\", path = \"active\", value = false }]",
            "unknown variant `frob`",
        ),
        (
            "[write]\ndisable = [{ op = \"replace\", path = \"active\" }]",
            "`disable`: only `remove` does without a `value`",
        ),
        (
            "[write]\nenable = [{ op = \"replace\", value = true }]",
            "`enable`: without a `path` the `value` is an object",
        ),
        (
            "[write]\nremove-access = [{ op = \"remove\" }]",
            "`remove-access`: `remove` needs a `path`",
        ),
        ("[write]\ndisable = []", "`disable` has no operation"),
        (
            "[write]\nset-access = [{ op = \"replace\", path = \"roles\", value = [] }]",
            "`set-access` says nowhere by `{access}` what is set",
        ),
        (
            "[write]\ndisable = [{ op = \"replace\", path = \"active\", value = \"{no}\" }]",
            "`{no}` stands for nothing",
        ),
        (
            "[write]\ndisable = [{ op = \"replace\", path = \"a[b eq {c}]\", value = 1 }]",
            "`{c}` stands for nothing",
        ),
        (
            "[write]\nset-access = [{ op = \"replace\", path = \"roles\", value = \"all {access}\" }]",
            "stands alone",
        ),
        (
            "[write]\nmethod = \"PUT\"\n\
             remove-access = [{ op = \"remove\", path = 'roles[value eq \"a\"]' }]",
            "`remove-access`: by PUT only whole attributes can be changed",
        ),
        (
            "[access]\nitem = { value = \"x\" }",
            "says by `{id}` where the id stands",
        ),
        (
            "[access]\nattribute = \"a b\"",
            "`a b` is no name of an attribute",
        ),
        ("[media]\naccept = \"a\\nb\"", "no header can carry this"),
        (
            "[access.each]\nendpoint = \"/../x\"\nleave = []\njoin = []",
            "`endpoint` is a path such as `/Groups`",
        ),
        (
            "[access.each]\nendpoint = \"/Groups\"\n\
             leave = [{ op = \"remove\", path = \"members\" }]\njoin = []",
            "`leave` says nowhere by `{user}` who",
        ),
    ] {
        let error = read(toml).unwrap_err();
        assert!(error.contains(why), "{toml}: {error}");
    }
}

#[test]
fn p7_what_a_profile_does_not_allow_is_not_asked_for() {
    let bare = Dialect::default();
    let disable = Change::new(true, Access::Keep).unwrap();
    let strip = Change::new(true, Access::RemoveAll).unwrap();
    assert_eq!(bare.objection(&disable), None);
    assert!(bare.objection(&strip).unwrap().contains("`--disable`"));
    assert!(bare.objection(&Change::delete()).is_some());
    let more = read("access.attribute = \"roles\"\nwrite.delete = true").unwrap();
    assert_eq!(more.objection(&strip), None);
    assert_eq!(more.objection(&Change::delete()), None);
}
