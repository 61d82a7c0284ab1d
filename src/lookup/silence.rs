//! What an entry of a list or a search means that shows no addresses: the user has none, or the entries
//! leave them out.
//!
//! The look-up finds out by reading alone a few of the users whose addresses a rule needs. Until then, and if
//! one of them has an address, each user that is shown without addresses is read alone.

use crate::domain::{UserId, UserState};
use crate::lookup::error::LookUpError;
use crate::lookup::look_up::{LookUp, Source};
use crate::lookup::register::Register;
use crate::lookup::singly::read;
use crate::port::Directory;

/// Users who are read alone before entries without addresses are believed to be of users without any.
const FEW: usize = 5;

/// What is known of entries without addresses.
#[derive(Debug, Default)]
pub(super) struct Silence {
    /// Whether any entry has shown an address.
    is_broken: bool,
    /// Users without addresses in their entries who were read alone, and had none.
    had_none: usize,
    /// Whether one of them had addresses.
    hid_any: bool,
}

impl Silence {
    /// Whether a user has no addresses whose entry shows none. Where no entry has shown any, the provider
    /// must not be known to have the attribute.
    fn means_none(&self, has_addresses: bool) -> bool {
        !self.hid_any && self.had_none >= FEW && (self.is_broken || !has_addresses)
    }

    /// Whether to read more users alone could tell more.
    fn is_open(&self) -> bool {
        !self.hid_any && self.had_none < FEW
    }
}

impl<D: Directory> LookUp<'_, D> {
    /// Completes users whom a list or a search has shown with their addresses, as far as a rule needs
    /// them and as few reads can tell.
    pub(super) async fn complete<R: Register>(
        &mut self,
        register: &mut R,
        users: &mut [UserState],
        source: Source,
    ) -> Result<(), LookUpError> {
        let is_silent = |user: &UserState| user.addresses.is_none() && user.user_name.is_some();
        let shows_any =
            |user: &UserState| user.addresses.as_ref().is_some_and(|all| !all.is_empty());
        let nth = source as usize;
        self.silence[nth].is_broken |= users.iter().any(shows_any);
        if !self.wants.names || !users.iter().any(is_silent) {
            return Ok(());
        }
        if self.silence[nth].is_open() {
            let mut lacking = register.lacking(users).await?;
            lacking.retain(|nth| is_silent(&users[*nth]));
            for place in lacking {
                if !self.silence[nth].is_open() {
                    break;
                }
                self.read_silent(&mut users[place], nth).await?;
            }
        }
        if self.silence[nth].is_open() {
            return Ok(());
        }
        let directory = self.inquirer.directory();
        if !self.silence[nth].is_broken && !directory.has_addresses() {
            self.ask_schemas_once().await?;
        }
        if self.silence[nth].means_none(directory.has_addresses()) {
            for user in users.iter_mut().filter(|user| is_silent(user)) {
                user.addresses = Some(Vec::new());
            }
        }
        Ok(())
    }

    /// Reads a user alone, and puts what that shows in the place of the entry.
    async fn read_silent(&mut self, user: &mut UserState, nth: usize) -> Result<(), LookUpError> {
        // A user that cannot be read is read again, and settled, by its id.
        if let Ok(alone) = read(self.inquirer, &UserId::new(&user.id)).await?
            && alone.id == user.id
        {
            let silence = &mut self.silence[nth];
            match &alone.addresses {
                Some(all) if all.is_empty() => silence.had_none += 1,
                Some(_) => silence.hid_any = true,
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
        let silence = |is_broken, had_none, hid_any| Silence {
            is_broken,
            had_none,
            hid_any,
        };
        for (silence, has_addresses, expected) in [
            (silence(false, 0, false), false, false),
            (silence(false, FEW - 1, false), false, false),
            (silence(false, FEW, false), false, true),
            // The provider has the attribute, and this list never shows it.
            (silence(false, FEW, false), true, false),
            (silence(true, FEW, false), true, true),
            (silence(true, FEW, true), true, false),
        ] {
            assert_eq!(silence.means_none(has_addresses), expected, "{silence:?}");
        }
        assert!(silence(true, FEW - 1, false).is_open());
        assert!(!silence(true, FEW, false).is_open());
        assert!(!silence(false, 0, true).is_open());
    }
}
