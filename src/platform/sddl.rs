//! Reads the text form of a security descriptor (SDDL), by which Windows says who may use a file.
//!
//! Source: Microsoft, "Security Descriptor String Format" and "ACE Strings". The rules are pure, so that they are tested
//! on each system.

use crate::platform::{FileAccess, FileOwner};

/// The rights by which a file can be read: `FILE_READ_DATA`, `GENERIC_READ`, `GENERIC_ALL`.
const READ: u32 = 0x1 | 0x8000_0000 | 0x1000_0000;

/// The rights by which a file, or who may use it, can be changed: `FILE_WRITE_DATA`, `FILE_APPEND_DATA`, `DELETE`,
/// `WRITE_DAC`, `WRITE_OWNER`, `GENERIC_WRITE`, `GENERIC_ALL`.
const WRITE: u32 = 0x2 | 0x4 | 0x1_0000 | 0x4_0000 | 0x8_0000 | 0x4000_0000 | 0x1000_0000;

/// The two letters of each right, and its bits.
const RIGHTS: &[(&str, u32)] = &[
    ("GA", 0x1000_0000),
    ("GX", 0x2000_0000),
    ("GW", 0x4000_0000),
    ("GR", 0x8000_0000),
    ("FA", 0x1F_01FF),
    ("FR", 0x12_0089),
    ("FW", 0x12_0116),
    ("FX", 0x12_00A0),
    ("RC", 0x2_0000),
    ("SD", 0x1_0000),
    ("WD", 0x4_0000),
    ("WO", 0x8_0000),
    ("CC", 0x1),
    ("DC", 0x2),
    ("LC", 0x4),
    ("SW", 0x8),
    ("RP", 0x10),
    ("WP", 0x20),
    ("DT", 0x40),
    ("LO", 0x80),
    ("CR", 0x100),
];

/// The administrator: the system itself and the group Administrators, by letters and by number.
const ADMINISTRATORS: [&str; 4] = ["SY", "BA", "S-1-5-18", "S-1-5-32-544"];

/// Whoever owns the file, also by the right of its creator.
const OWNERS: [&str; 4] = ["OW", "CO", "S-1-3-4", "S-1-3-0"];

/// Who may use a file with this descriptor, which names its owner and its access list. `me` is the present user, as
/// the same system writes it. What is not understood counts as access of others.
pub(crate) fn access_of(descriptor: &str, me: &str) -> FileAccess {
    let owner = section(descriptor, "O:").unwrap_or_default();
    let owner = if owner == me {
        FileOwner::Me
    } else if ADMINISTRATORS.contains(&owner) {
        FileOwner::Administrator
    } else {
        FileOwner::Another
    };
    let mut access = FileAccess {
        owner,
        others_may_read: false,
        others_may_write: false,
    };
    // Without an access list everybody may do everything.
    let rights = match section(descriptor, "D:") {
        Some(list) if !list.contains("NO_ACCESS_CONTROL") => rights_of_others(list, me),
        _ => u32::MAX,
    };
    access.others_may_read |= rights & READ != 0;
    access.others_may_write |= rights & WRITE != 0;
    access
}

/// A part of a descriptor: `O:`, `G:`, `D:` or `S:`.
fn section<'a>(descriptor: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = descriptor;
    let mut depth = 0_u32;
    let is_start = |text: &str| {
        ["O:", "G:", "D:", "S:"]
            .iter()
            .any(|one| text.starts_with(one))
    };
    // Names stand outside the brackets only.
    let mut start = None;
    while let Some(first) = rest.chars().next() {
        if depth == 0 && is_start(rest) {
            let at = descriptor.len() - rest.len();
            if let Some(from) = start {
                return Some(&descriptor[from..at]);
            }
            if rest.starts_with(name) {
                start = Some(at + name.len());
            }
            rest = &rest[2..];
            continue;
        }
        match first {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        rest = &rest[first.len_utf8()..];
    }
    start.map(|from| &descriptor[from..])
}

/// What all others together may do.
fn rights_of_others(list: &str, me: &str) -> u32 {
    let Some((_, entries)) = list.split_once('(') else {
        // An empty list lets nobody in.
        return 0;
    };
    let mut rights = 0;
    for entry in entries.split('(') {
        let fields: Vec<_> = entry.trim_end_matches(')').split(';').collect();
        let [kind, flags, granted, _, _, whom, ..] = fields.as_slice() else {
            return u32::MAX;
        };
        // An entry that denies takes rights away, and one that is inherited only is not for this file.
        let denies = ["D", "OD", "XD", "ZD"].contains(kind);
        let is_for_others = *whom != me && !ADMINISTRATORS.contains(whom) && !OWNERS.contains(whom);
        if is_for_others && !denies && !has_flag(flags, "IO") {
            rights |= mask(granted).unwrap_or(u32::MAX);
        }
    }
    rights
}

fn has_flag(flags: &str, flag: &str) -> bool {
    let flags = flags.as_bytes();
    flags.chunks(2).any(|two| two == flag.as_bytes())
}

/// The bits of rights: a number, or pairs of letters.
fn mask(text: &str) -> Option<u32> {
    if let Some(digits) = text.strip_prefix("0x") {
        return u32::from_str_radix(digits, 16).ok();
    }
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    let pairs = (0..text.len()).step_by(2).map(|at| &text[at..at + 2]);
    pairs
        .map(|pair| RIGHTS.iter().find(|(letters, _)| *letters == pair))
        .try_fold(0, |all, found| Some(all | found?.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: &str = "S-1-5-21-1-2-3-1001";

    fn access(list: &str) -> (FileOwner, bool, bool) {
        let found = access_of(list, ME);
        (found.owner, found.others_may_read, found.others_may_write)
    }

    #[test]
    fn a_file_of_this_user_alone_is_private() {
        for list in [
            "D:P(A;;FA;;;S-1-5-21-1-2-3-1001)(A;;FA;;;SY)(A;;FA;;;BA)",
            "D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;FA;;;S-1-5-21-1-2-3-1001)",
            "D:P(A;;FA;;;OW)",
            "D:P(D;;FA;;;WD)(A;;FA;;;SY)",
            "D:P(A;OICIIO;GA;;;WD)(A;;FA;;;SY)",
            "D:P",
            "G:BAD:P(A;;FA;;;BA)S:AI(AU;SA;FA;;;WD)",
        ] {
            let found = access(&format!("O:{ME}{list}"));
            assert_eq!(found, (FileOwner::Me, false, false), "{list}");
        }
    }

    #[test]
    fn what_others_may_do_is_told_apart() {
        for (list, reads, writes) in [
            ("D:AI(A;ID;0x1200a9;;;BU)", true, false),
            ("D:AI(A;ID;FR;;;WD)", true, false),
            ("D:AI(A;ID;0x1301bf;;;AU)", true, true),
            ("D:P(A;;DCLC;;;S-1-5-21-1-2-3-1002)", false, true),
            ("D:P(A;;WD;;;BU)", false, true),
            ("D:P(A;;GA;;;BU)", true, true),
            ("D:P(A;;RC;;;BU)", false, false),
            // Not understood, or without any list.
            ("D:P(A;;??;;;BU)", true, true),
            ("D:P(A;;FA)", true, true),
            ("D:P(XA;;FR;;;WD;(@User.a==1))", true, true),
            ("D:NO_ACCESS_CONTROL", true, true),
            ("", true, true),
        ] {
            let found = access(&format!("O:{ME}{list}"));
            assert_eq!(found, (FileOwner::Me, reads, writes), "{list}");
        }
    }

    #[test]
    fn the_owner_is_this_user_the_administrator_or_another() {
        for (owner, expected) in [
            (ME, FileOwner::Me),
            ("BA", FileOwner::Administrator),
            ("S-1-5-32-544", FileOwner::Administrator),
            ("SY", FileOwner::Administrator),
            ("S-1-5-21-1-2-3-1002", FileOwner::Another),
            ("BU", FileOwner::Another),
        ] {
            let found = access(&format!("O:{owner}G:BUD:P(A;;FA;;;SY)"));
            assert_eq!(found.0, expected, "{owner}");
        }
        assert_eq!(access("D:P").0, FileOwner::Another);
    }
}
