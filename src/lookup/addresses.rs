//! What it means that an entry of a list or a search shows no addresses: the user has none, or the provider leaves
//! them out of entries.
//!
//! To find out, the look-up reads a few of the users alone whose addresses a rule needs. Until then, and if one of
//! them has an address, each user whose entry shows no addresses is read alone.

use crate::domain::{UserId, UserState};
use crate::lookup::by_id::read;
use crate::lookup::error::LookUpError;
use crate::lookup::look_up::{EntrySource, LookUp};
use crate::lookup::register::Register;
use crate::port::Directory;

/// Users that are read alone before an entry without addresses counts as a user without any.
const FEW: usize = 5;

/// What reads have shown about entries without addresses.
#[derive(Debug, Default)]
pub(super) struct AddressEvidence {
    /// Whether any entry has shown an address.
    entry_showed_any: bool,
    /// Users without addresses in their entries that were read alone, and had none.
    had_none: usize,
    /// Whether one of them had addresses.
    hid_any: bool,
}

impl AddressEvidence {
    /// Whether an entry without addresses means that the user has none. If no entry has ever shown an address,
    /// the provider must not be known to have the attribute.
    fn means_none(&self, has_addresses: bool) -> bool {
        !self.hid_any && self.had_none >= FEW && (self.entry_showed_any || !has_addresses)
    }

    /// Whether further reads can change the conclusion.
    fn is_open(&self) -> bool {
        !self.hid_any && self.had_none < FEW
    }
}

impl<D: Directory> LookUp<'_, D> {
    /// Adds addresses to users that a list or a search has shown without them, if a rule needs the addresses.
    pub(super) async fn complete_addresses<R: Register>(
        &mut self,
        register: &mut R,
        users: &mut [UserState],
        source: EntrySource,
    ) -> Result<(), LookUpError> {
        let lacks_addresses =
            |user: &UserState| user.addresses.is_none() && user.user_name.is_some();
        let shows_any =
            |user: &UserState| user.addresses.as_ref().is_some_and(|all| !all.is_empty());
        let nth = source as usize;
        self.address_evidence[nth].entry_showed_any |= users.iter().any(shows_any);
        if !self.wants.names || !users.iter().any(lacks_addresses) {
            return Ok(());
        }
        if self.address_evidence[nth].is_open() {
            let mut lacking = register.lacking(users).await?;
            lacking.retain(|index| lacks_addresses(&users[*index]));
            for index in lacking {
                if !self.address_evidence[nth].is_open() {
                    break;
                }
                self.read_alone(&mut users[index], nth).await?;
            }
        }
        if self.address_evidence[nth].is_open() {
            return Ok(());
        }
        let directory = self.inquirer.directory();
        if !self.address_evidence[nth].entry_showed_any && !directory.has_addresses() {
            self.ask_schemas_once().await?;
        }
        if self.address_evidence[nth].means_none(directory.has_addresses()) {
            for user in users.iter_mut().filter(|user| lacks_addresses(user)) {
                user.addresses = Some(Vec::new());
            }
        }
        Ok(())
    }

    /// Reads a user alone, and replaces the entry with the answer.
    async fn read_alone(&mut self, user: &mut UserState, nth: usize) -> Result<(), LookUpError> {
        // A user that cannot be read is read again, and settled, by its id.
        if let Ok(alone) = read(self.inquirer, &UserId::new(&user.id)).await?
            && alone.id == user.id
        {
            let evidence = &mut self.address_evidence[nth];
            match &alone.addresses {
                Some(all) if all.is_empty() => evidence.had_none += 1,
                Some(_) => evidence.hid_any = true,
                None => {}
            }
            *user = alone;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p7_an_entry_without_addresses_is_believed_only_after_a_few_reads() {
        let evidence = |entry_showed_any, had_none, hid_any| AddressEvidence {
            entry_showed_any,
            had_none,
            hid_any,
        };
        for (evidence, has_addresses, expected) in [
            (evidence(false, 0, false), false, false),
            (evidence(false, FEW - 1, false), false, false),
            (evidence(false, FEW, false), false, true),
            // The provider has the attribute, and this list never shows it.
            (evidence(false, FEW, false), true, false),
            (evidence(true, FEW, false), true, true),
            (evidence(true, FEW, true), true, false),
        ] {
            assert_eq!(evidence.means_none(has_addresses), expected, "{evidence:?}");
        }
        assert!(evidence(true, FEW - 1, false).is_open());
        assert!(!evidence(true, FEW, false).is_open());
        assert!(!evidence(false, 0, true).is_open());
    }
}
