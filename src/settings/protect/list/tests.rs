//! Files of the protect list as people really have them.

use proptest::prelude::*;

use super::*;

fn text(text: &str) -> Result<Vec<String>, Wrong> {
    read(text.as_bytes())
}

const TWO: [&str; 2] = ["u1@x.com", "u2@x.com"];

#[test]
fn p7_a_list_in_any_common_form_names_its_users() {
    for form in [
        "u1@x.com\nu2@x.com\n",
        "u1@x.com\r\nu2@x.com",
        "u1@x.com\ru2@x.com\r",
        "\u{feff}# the board\n\n  u1@x.com  \n\u{a0}u2@x.com\u{a0}\n",
        "u1@x.com  # boss\nu2@x.com\t# her deputy\n",
        "\"u1@x.com\"\n \"u2@x.com\"  # boss\n",
        "u1@x.com,\nu2@x.com;\n",
        "u1@x.com; u2@x.com\n",
        "u1@x.com, u2@x.com # both\n",
        "\"u1@x.com\";\"u2@x.com\"\n",
        "Email\nu1@x.com\nu2@x.com\n",
        "E-Mail Address [Required]\nu1@x.com\nu2@x.com\n",
        "Name,Email\nAnn,u1@x.com\n\"Lee, Bob\",u2@x.com\n",
        "Email;Name\nu1@x.com;Ann\nu2@x.com;Bob\n",
        "# saved\nUser Principal Name\tCity\nu1@x.com\tRome\nu2@x.com\t\n",
        "Email,User ID\nu1@x.com,\n,u2@x.com\n",
    ] {
        assert_eq!(
            text(form).as_deref(),
            Ok(&TWO.map(str::to_owned)[..]),
            "{form:?}"
        );
    }
}

#[test]
fn p7_a_list_in_utf_16_is_read() {
    for bytes in [
        "\u{feff}u1@x.com\r\nu2@x.com\r\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<_>>(),
        "\u{feff}u1@x.com\nu2@x.com"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect(),
    ] {
        assert_eq!(read(&bytes).as_deref(), Ok(&TWO.map(str::to_owned)[..]));
    }
}

#[test]
fn p7_a_line_that_names_no_user_is_refused_with_its_number() {
    for (form, line) in [
        ("Email\nu1@x.com,Ann\n", 2),
        ("u1@x.com,Ann\n", 1),
        ("u1@x.com\n8a8b01 8a8b02, 8a8b03\n", 2),
        ("Name;Department\nAnn;Board\n", 1),
        ("Name,Email\nAnn,u1@x.com\nBob,\n", 3),
        ("u1@x.com\n\"u2@x.com\n", 2),
        ("\"u1@x.com\" boss\n", 1),
        ("u1@x.com boss\n", 1),
        ("u1@x.com\r\nu2\u{200b}@x.com\r\n", 2),
        ("u1@x.com\ru2@x.com u3@x.com\r", 2),
        ("Ann <u1@x.com>\n", 1),
        ("- u1@x.com\n", 1),
    ] {
        assert_eq!(text(form).unwrap_err().line, line, "{form:?}");
    }
    for (bytes, line) in [
        (&b"u1@x.com\njos\xe9@x.com\n"[..], 2),
        (b"\xff\xfeu\0\x00\xd8", 1),
        (b"u\x001\0@\0", 1),
    ] {
        assert_eq!(read(bytes).unwrap_err().line, line, "{bytes:?}");
    }
}

#[test]
fn a_file_without_a_user_has_no_pattern() {
    for form in [
        "",
        "\n\n",
        "\u{feff}",
        "# u1@x.com\r\n",
        " \t \r\r",
        "Email\n",
        ",;\n",
    ] {
        assert_eq!(text(form), Ok(Vec::new()), "{form:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p7_whatever_is_in_a_file_each_pattern_of_it_can_fit_a_user(
        bytes in prop::collection::vec(any::<u8>(), 0..80),
        written in "([a-z@.#\"',;* \t\r\n\u{feff}\u{200b}]|Email|x@y.com){0,40}",
    ) {
        for bytes in [&bytes[..], written.as_bytes()] {
            for pattern in read(bytes).unwrap_or_default() {
                prop_assert_eq!(pattern::check(&pattern), Ok(()));
                prop_assert_eq!(pattern.trim(), &pattern);
            }
        }
    }

    #[test]
    fn p7_no_address_of_a_file_is_lost(
        names in prop::collection::vec("[a-z]{1,8}@[a-z]{1,8}\\.com", 1..8),
        separator in prop::sample::select(vec!["\n", "\r\n", "\r", ";", "; ", ",", "\t", " ,\n", "\n# x\n"]),
        quote in any::<bool>(),
        header in any::<bool>(),
        remark in any::<bool>(),
    ) {
        let cells: Vec<_> = names
            .iter()
            .map(|name| if quote { format!("\"{name}\"") } else { name.clone() })
            .collect();
        let mut file = if header { "Email\n".to_owned() } else { String::new() };
        file.push_str(&cells.join(separator));
        if remark {
            file.push_str("  # the last");
        }
        match text(&file) {
            Ok(read) => prop_assert_eq!(read, names),
            // Under a header of one column, a line of several is refused.
            Err(wrong) => prop_assert!(header && names.len() > 1 && wrong.line >= 2, "{wrong:?}"),
        }
    }
}
