//! How names of users compare: user names, addresses, and the patterns of a protect list.

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;

/// The form in which two spellings of one name are equal: without the blanks around it, in Unicode
/// normalisation form C, with case folded (RFC 7643 §4.1.1: `userName` is not case-exact).
///
/// Folding can undo the composition of a character, so that the text is normalised again after it.
pub fn name_key(name: &str) -> String {
    let normal = ComposingNormalizerBorrowed::new_nfc();
    let composed = normal.normalize(name.trim());
    let folded = CaseMapper::new().fold_string(&composed);
    normal.normalize(&folded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p7_spellings_of_one_name_have_one_key() {
        for (a, b) in [
            ("Ada@Example.com", "ada@example.COM"),
            ("jos\u{e9}@x.com", "jose\u{301}@x.com"),
            ("JOSE\u{301}@x.com", "jos\u{e9}@X.com"),
            ("Stra\u{df}e", "STRASSE"),
            (
                "\u{3a3}\u{3af}\u{3c3}\u{3c5}\u{3c6}\u{3bf}\u{3c2}",
                "\u{3c3}\u{3af}\u{3c3}\u{3c5}\u{3c6}\u{3bf}\u{3c3}",
            ),
            (" ada ", "ada"),
        ] {
            assert_eq!(name_key(a), name_key(b), "{a} {b}");
        }
        assert_ne!(name_key("ada@x.com"), name_key("ada@y.com"));
        assert_ne!(name_key("jose"), name_key("jos\u{e9}"));
    }
}
