//! Whether a cell of a header looks like a cell below it, so that it is probably a user.
//!
//! A file without a header has a user where other files have the names of columns. Pure rules on the text of cells.

/// Whether two cells may be ids, addresses or names of the same kind. They are if both are addresses, or if both have
/// the same shape with a digit or a punctuation mark in it. Letters alone have the shape of any word.
pub(in crate::roster) fn looks_alike(header: &str, cell: &str) -> bool {
    let is_address = |text: &str| text.contains('@') && !text.contains(' ');
    if is_address(header) && is_address(cell) {
        return true;
    }
    if header.is_empty() || header.contains(' ') || cell.contains(' ') {
        return false;
    }
    let has_digit = |text: &str| text.chars().any(|c| c.is_ascii_digit());
    let is_hexadecimal = |text: &str| text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let as_long = header.chars().count() == cell.chars().count();
    if has_digit(header)
        && has_digit(cell)
        && as_long
        && is_hexadecimal(header)
        && is_hexadecimal(cell)
    {
        return true;
    }
    let (ours, theirs) = (shape(header), shape(cell));
    ours == theirs && ours.chars().any(|c| c != 'a')
}

/// The shape of a cell: each run of letters becomes `a`, each run of digits `9`.
fn shape(cell: &str) -> String {
    let mut shape = String::new();
    for c in cell.chars() {
        let sign = if c.is_alphabetic() {
            'a'
        } else if c.is_ascii_digit() {
            '9'
        } else {
            c
        };
        if !(shape.ends_with(sign) && matches!(sign, 'a' | '9')) {
            shape.push(sign);
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_one_kind_look_alike() {
        let alike = [
            ("u1@x.com", "someone.else@example.org"),
            ("U1", "U2345"),
            ("0012", "7"),
            ("ann.lee", "bob.ray"),
            ("DOMAIN\\ann", "DOMAIN\\bob"),
            ("8a8b00a1", "11112222"),
            (
                "2819c223-7f76-453a-919d-413861904646",
                "9e107d9d-372b-b682-6bd8-1d3542a419d6",
            ),
        ];
        for (header, cell) in alike {
            assert!(looks_alike(header, cell), "{header} {cell}");
        }
    }

    #[test]
    fn the_name_of_a_column_does_not_look_like_a_user() {
        let unlike = [
            ("User ID", "U1"),
            ("leaver", "ann"),
            ("col1", "8a8b00000000000000000000000000a1"),
            ("", ""),
            ("", "U1"),
            ("E-Mail", "u1@x.com"),
            ("mail@", "ann"),
            ("ID2", "8a01"),
        ];
        for (header, cell) in unlike {
            assert!(!looks_alike(header, cell), "{header} {cell}");
        }
    }
}
