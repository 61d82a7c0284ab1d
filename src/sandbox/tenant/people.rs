//! Generated people: the same seed gives the same ids, names and workspaces, in any order.
//!
//! Each value is computed from the seed and the person's number, so that a hundred thousand people need no
//! memory. Names are numbers, so that they can be found in an audit and cannot be those of a real person.

use crate::sandbox::tenant::workspace;

/// One generated person, before any change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The user id: 32 lower-case hex digits.
    pub id: String,
    /// The login, such as `user00042@example.com`.
    pub user_name: String,
    /// The given name, always `User`.
    pub given_name: String,
    /// The family name, such as `00042`.
    pub family_name: String,
    /// Given and family name, such as `User 00042`.
    pub display_name: String,
    /// The ids of the workspaces the person starts with: none to six.
    pub workspaces: Vec<String>,
}

/// The first `n` people of a seed, numbered from 0. All start active.
pub fn people(seed: u64, n: usize) -> impl Iterator<Item = Person> {
    (0..n).map(move |number| Person {
        id: format!("{:032x}", id(seed, number)),
        user_name: user_name(number),
        given_name: GIVEN_NAME.to_owned(),
        family_name: family_name(number),
        display_name: format!("{GIVEN_NAME} {}", family_name(number)),
        workspaces: workspace::ids_of(seed, number),
    })
}

pub(crate) const GIVEN_NAME: &str = "User";

pub(crate) fn id(seed: u64, number: usize) -> u128 {
    mix(seed, number as u64)
}

pub(crate) fn user_name(number: usize) -> String {
    format!("user{number:05}@example.com")
}

pub(crate) fn family_name(number: usize) -> String {
    format!("{number:05}")
}

/// The number in a login that [`user_name`] made.
pub(crate) fn number_of(user_name: &str) -> Option<usize> {
    let digits = user_name
        .strip_prefix("user")?
        .strip_suffix("@example.com")?;
    let number = digits.parse().ok()?;
    (self::user_name(number) == user_name).then_some(number)
}

/// Most people have a staff number; every seventh has an empty one, as in real tenants.
pub(crate) fn external_id(number: usize) -> String {
    if number % 7 == 6 {
        String::new()
    } else {
        format!("E{number:05}")
    }
}

/// The none to six workspaces that a person starts with.
pub(crate) fn workspace_set(seed: u64, number: usize) -> workspace::Set {
    let mut dice = fastrand::Rng::with_seed(split(seed ^ split(number as u64 ^ 0x0b5e)));
    let wanted = dice.u32(0..=6);
    let mut set: workspace::Set = 0;
    while set.count_ones() < wanted {
        set |= 1 << dice.usize(0..workspace::COUNT);
    }
    set
}

/// 128 well mixed bits out of a seed and a number.
pub(crate) fn mix(seed: u64, number: u64) -> u128 {
    let high = split(split(seed).wrapping_add(number));
    let low = split(high ^ number.rotate_left(32) ^ 0xa5a5_a5a5);
    u128::from(high) << 64 | u128::from(low)
}

/// The last step of the `SplitMix64` generator. It is a bijection, so different numbers stay different.
fn split(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_people() {
        assert!(people(7, 500).eq(people(7, 500)));
        assert!(people(7, 500).eq(people(7, 900).take(500)));
        assert!(!people(7, 500).eq(people(8, 500)));
    }

    #[test]
    fn people_look_as_documented() {
        let person = people(1, 43).last().unwrap();
        assert_eq!(person.user_name, "user00042@example.com");
        assert_eq!(person.display_name, "User 00042");
        assert_eq!(
            (person.given_name.as_str(), person.family_name.as_str()),
            ("User", "00042")
        );
        let hex = |text: &str| {
            text.bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        assert!(person.id.len() == 32 && hex(&person.id));
        assert_eq!(number_of(&person.user_name), Some(42));
        assert_eq!(number_of("user0042@example.com"), None);
    }

    #[test]
    fn ids_differ_and_workspaces_vary() {
        let ids: HashSet<_> = people(3, 20_000).map(|person| person.id).collect();
        assert_eq!(ids.len(), 20_000);
        let counts: HashSet<_> = people(3, 500)
            .map(|person| person.workspaces.len())
            .collect();
        assert_eq!(counts, HashSet::from([0, 1, 2, 3, 4, 5, 6]));
    }
}
