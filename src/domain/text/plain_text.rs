//! Decodes the bytes of a secret or a key file into text without invisible characters.
//!
//! Editors and shells add characters that the user did not type: a byte order mark, UTF-16, no-break
//! spaces. A byte order mark is removed. Any other invisible character may be meant, so it is refused,
//! and the error gives its name and its place. No error quotes the text.

/// Why the bytes cannot be used as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TextFault {
    /// The bytes are not UTF-8. The number of the first wrong byte, from 1.
    #[error("its byte {0} is not UTF-8: save it as UTF-8")]
    Encoding(usize),
    /// The bytes look like UTF-16 without a byte order mark.
    #[error("it looks like UTF-16: save it as UTF-8")]
    Wide,
    /// A character that cannot be seen.
    #[error("character {column} of line {line} is {} (U+{:04X}), which cannot be seen: take it out", name(*.sign), u32::from(*.sign))]
    Invisible {
        /// The line, from 1.
        line: usize,
        /// The number of the character in its line, from 1.
        column: usize,
        /// The character.
        sign: char,
    },
}

/// Decodes a secret. A byte order mark is removed.
///
/// # Errors
/// [`TextFault`]: the encoding is another one, or a character cannot be seen.
pub(crate) fn plain_text(bytes: &[u8]) -> Result<String, TextFault> {
    let text = decode(bytes)?.map_err(TextFault::Encoding)?;
    match text
        .lines()
        .zip(1..)
        .find_map(|(line, number)| invisible(line, number))
    {
        Some(fault) => Err(fault),
        None => Ok(text),
    }
}

/// Decodes a PEM file. The text between its blocks has no meaning and may be in any encoding.
///
/// # Errors
/// [`TextFault`]: a character in a block cannot be seen, or the file is UTF-16 that cannot be decoded.
pub(crate) fn pem_text(bytes: &[u8]) -> Result<String, TextFault> {
    let text = match decode(bytes) {
        Ok(Ok(text)) => text,
        Err(fault)
            if bytes
                .windows(4)
                .any(|four| matches!(four, b"-\0-\0" | b"\0-\0-")) =>
        {
            return Err(fault);
        }
        // Another encoding, or a binary file, which the PEM reader refuses.
        Ok(Err(_)) | Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    };
    let mut inside = false;
    for (line, number) in text.lines().zip(1..) {
        inside |= line.contains("-----BEGIN ");
        if let Some(fault) = invisible(line, number).filter(|_| inside) {
            return Err(fault);
        }
        inside &= !line.contains("-----END ");
    }
    Ok(text)
}

/// Decodes UTF-8 or UTF-16 and removes the byte order mark. For bytes that are neither, the number of the
/// first wrong byte.
fn decode(bytes: &[u8]) -> Result<Result<String, usize>, TextFault> {
    let wide = |pair: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|two| pair([two[0], two[1]]))
            .collect();
        let whole = bytes.len().is_multiple_of(2);
        let text = String::from_utf16(&units).ok().filter(|_| whole);
        text.ok_or(TextFault::Wide)
    };
    let text = match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes)?,
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes)?,
        _ if bytes.contains(&0) => return Err(TextFault::Wide),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(error) => return Ok(Err(error.valid_up_to() + 1)),
        },
    };
    Ok(Ok(text.trim_start_matches('\u{feff}').to_owned()))
}

fn invisible(line: &str, number: usize) -> Option<TextFault> {
    let mut before = ' ';
    let mut signs = line.chars().zip(1..).peekable();
    while let Some((sign, column)) = signs.next() {
        let after = signs.peek().map_or(' ', |(sign, _)| *sign);
        // Some scripts and some emoji are written with joiners.
        let joins =
            matches!(sign, '\u{200c}' | '\u{200d}') && !before.is_ascii() && !after.is_ascii();
        if is_invisible(sign) && !joins {
            return Some(TextFault::Invisible {
                line: number,
                column,
                sign,
            });
        }
        before = sign;
    }
    None
}

fn is_invisible(sign: char) -> bool {
    let has_no_width = matches!(
        sign,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
    );
    let is_usual = matches!(sign, ' ' | '\t' | '\r' | '\n');
    has_no_width || (!is_usual && (sign.is_whitespace() || sign.is_control()))
}

fn name(sign: char) -> &'static str {
    match sign {
        '\u{a0}' | '\u{2007}' | '\u{202f}' => "a no-break space",
        '\u{feff}' => "a byte order mark",
        '\u{ad}' => "a soft hyphen",
        '\u{200b}'..='\u{200d}' | '\u{2060}' => "a character without width",
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            "a mark of the text's direction"
        }
        sign if sign.is_whitespace() => "an unusual space",
        _ => "a control character",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wide(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn byte_order_marks_and_utf_16_are_decoded() {
        for bytes in [
            "s3cret\n".as_bytes().to_vec(),
            "\u{feff}s3cret\n".as_bytes().to_vec(),
            "\u{feff}\u{feff}s3cret\n".as_bytes().to_vec(),
            wide("\u{feff}s3cret\n", u16::to_le_bytes),
            wide("\u{feff}s3cret\n", u16::to_be_bytes),
        ] {
            assert_eq!(plain_text(&bytes), Ok("s3cret\n".to_owned()), "{bytes:?}");
            assert_eq!(pem_text(&bytes), Ok("s3cret\n".to_owned()), "{bytes:?}");
        }
    }

    #[test]
    fn what_cannot_be_decoded_or_seen_is_refused_with_its_name() {
        let at = |line, column, sign| TextFault::Invisible { line, column, sign };
        for (bytes, expected) in [
            (&b"p\xe4ss"[..], TextFault::Encoding(2)),
            (b"s\x003\x00", TextFault::Wide),
            (b"\x00s", TextFault::Wide),
            (b"\xff\xfes", TextFault::Wide),
            (b"\xff\xfe\x00\x00s\x00\x00\x00", at(1, 1, '\0')),
            ("s\u{a0}".as_bytes(), at(1, 2, '\u{a0}')),
            ("s\n\u{200b}".as_bytes(), at(2, 1, '\u{200b}')),
            ("s\u{feff}".as_bytes(), at(1, 2, '\u{feff}')),
            ("s\u{3000}t".as_bytes(), at(1, 2, '\u{3000}')),
            ("s\u{202e}t".as_bytes(), at(1, 2, '\u{202e}')),
            (b"s\x1b", at(1, 2, '\u{1b}')),
            ("a\u{200d}b".as_bytes(), at(1, 2, '\u{200d}')),
        ] {
            assert_eq!(plain_text(bytes), Err(expected), "{bytes:?}");
        }
        let message = at(1, 6, '\u{a0}').to_string();
        let wanted =
            "character 6 of line 1 is a no-break space (U+00A0), which cannot be seen: take it out";
        assert_eq!(message, wanted);
        for fine in [
            "pässwörd",
            " a b ",
            "a\tb",
            "می\u{200c}خواهم",
            "👩\u{200d}👧",
        ] {
            assert_eq!(plain_text(fine.as_bytes()), Ok(fine.to_owned()));
        }
    }

    #[test]
    fn only_the_blocks_of_a_pem_file_are_checked() {
        let block = "-----BEGIN X-----\nYQ==\n-----END X-----\n";
        let named = [b"friendlyName: M\xfcller\xa0\n", block.as_bytes()].concat();
        assert!(pem_text(&named).unwrap().ends_with(block));
        let before = format!("a\u{a0}b\n{block}c\u{a0}d\n");
        assert_eq!(pem_text(before.as_bytes()), Ok(before.clone()));
        let wide = wide(block, u16::to_le_bytes);
        assert_eq!(pem_text(&wide), Err(TextFault::Wide));
        assert!(pem_text(b"\x30\x82\x00\x01\xff").is_ok());
        for bad in [
            "\u{a0}-----BEGIN X-----\n",
            "-----BEGIN X-----\nYQ==\u{a0}\n",
        ] {
            assert!(
                matches!(pem_text(bad.as_bytes()), Err(TextFault::Invisible { .. })),
                "{bad:?}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn accepted_text_has_no_invisible_character(bytes: Vec<u8>, text: String) {
            for bytes in [bytes, text.into_bytes()] {
                let _ = pem_text(&bytes);
                if let Ok(text) = plain_text(&bytes) {
                    let joiners = ['\u{200c}', '\u{200d}'];
                    prop_assert!(!text.chars().any(|c| is_invisible(c) && !joiners.contains(&c)));
                }
            }
        }
    }
}
