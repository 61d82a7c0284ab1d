//! Whether the results of searches can be relied on.
//!
//! A search that folds case finds all users of a name. One that does not may find one of several users, or miss a
//! user whose name is spelt in another way. To find out which kind the provider has, the look-up searches a name
//! that is known to exist, in another spelling.

use crate::domain::{Line, name_key};
use crate::lookup::error::LookUpError;
use crate::lookup::look_up::LookUp;
use crate::lookup::register::Register;
use crate::lookup::search::by_name::{Search, is_hit, name, names};
use crate::lookup::search::spelling::{most_different_spelling, swap_case};
use crate::port::Directory;

impl<D: Directory> LookUp<'_, D> {
    /// The lines whose name was found, and may also be the name of a second user: only a search that folds case
    /// shows all users of a name.
    pub(in crate::lookup) async fn doubtful_hits<R: Register>(
        &mut self,
        register: &mut R,
    ) -> Result<Vec<Line>, LookUpError> {
        let mut hits = names(register).await?;
        hits.retain(is_hit);
        if hits.is_empty() {
            return Ok(Vec::new());
        }
        let is_trusted = self.filter_works && self.is_search_trusted(register).await?;
        let mut doubtful = Vec::new();
        for hit in hits {
            let name = name(&hit).unwrap_or_default();
            // A server may fold each letter beyond ASCII in its own way.
            if !is_trusted
                || !(name.is_ascii() || self.finds_other_spelling(register, name).await?)
            {
                doubtful.push(hit.line());
            }
        }
        Ok(doubtful)
    }

    /// Whether a search finds a name, which was found before, in the spelling that differs most from it.
    async fn finds_other_spelling<R: Register>(
        &mut self,
        register: &mut R,
        name: &str,
    ) -> Result<bool, LookUpError> {
        let disguised = most_different_spelling(name);
        if disguised == name || name_key(&disguised) != name_key(name) {
            return Ok(false);
        }
        let found = self.search(register, vec![disguised]).await?;
        Ok(matches!(found, Search::Found(found) if !found.is_empty()))
    }

    /// Whether a search finds a name that is known to exist, although it is given in another case.
    pub(in crate::lookup) async fn is_search_trusted<R: Register>(
        &mut self,
        register: &mut R,
    ) -> Result<bool, LookUpError> {
        if let Some(known) = self.control.is_passed {
            return Ok(known);
        }
        if self.control.name.is_none() && self.walk.cursor().pages == 0 {
            self.next_names(register).await?;
        }
        let Some(name) = self.control.name.clone() else {
            return Ok(false);
        };
        let found = self.search(register, vec![swap_case(&name)]).await?;
        let is_passed = matches!(found, Search::Found(found) if found.contains(&name));
        self.control.is_passed = Some(is_passed);
        Ok(is_passed)
    }
}
