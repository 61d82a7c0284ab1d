//! What must hold after a run: checks of a bed against the ledger and the records of its provider.

use offboard::domain::Status;
use offboard::sandbox::Verb;

use super::{Bed, Ran, Running, finish, first_requests, tally};

impl Bed {
    /// The bytes of the ledger; none if there is no file.
    pub(crate) fn ledger_bytes(&self) -> Option<Vec<u8>> {
        std::fs::read(self.ledger()).ok()
    }

    /// Neither a ledger nor anything beside one.
    pub(crate) fn assert_no_ledger(&self, what: &str) {
        let found: Vec<_> = std::fs::read_dir(self.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.starts_with("ledger.db"))
            .collect();
        assert!(found.is_empty(), "{what}: {found:?} appeared");
    }

    /// All users of the provider are removed, by the ledger and by the records of the provider.
    pub(crate) async fn all_are_removed(&self) {
        let tally = tally(&self.rows().await);
        let removed = tally.get(&Status::Removed);
        assert_eq!(removed, Some(&self.people.len()), "{tally:?}");
        assert!(self.people.iter().all(|person| self.is_gone(&person.id)));
    }

    /// Runs, ends with exit code 0, and all users are removed.
    pub(crate) async fn succeeds(&self, flags: &str) {
        let ran = finish(self.run_with(self.people.len() as u64, flags)).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        self.all_are_removed().await;
    }

    /// The same command without trouble finishes what is left, and no user is changed twice.
    pub(crate) async fn is_finished_by_the_same_command(&self) {
        let ran = finish(self.command("--rate unlimited --concurrency 16")).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        self.all_are_removed().await;
        for user in self.books.users() {
            assert!(user.writes_changed <= 1, "{user:?}");
        }
    }

    /// All users are removed, each by one write with effect, and the program did not panic.
    pub(crate) async fn all_are_removed_once(&self, ran: &Ran) {
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(!ran.stderr.contains("panicked"), "{ran:?}");
        let rows = self.rows().await;
        let removed = tally(&rows).get(&Status::Removed).copied();
        assert_eq!(removed, Some(self.people.len()), "{:?}", tally(&rows));
        for user in self.books.users() {
            assert!(self.is_gone(&user.id), "{user:?}");
            assert!(user.writes_changed <= 1, "{user:?}");
        }
    }

    /// P4: all users are removed, and no user was changed by a second write.
    pub(crate) async fn all_removed_with_one_effect(&self) {
        for row in self.rows().await {
            assert_eq!(row.status, Status::Removed, "{row:?}");
        }
        for user in self.books.users() {
            assert!(self.is_gone(&user.id), "{user:?}");
            assert!(user.writes_changed <= 1, "{user:?}");
        }
    }

    /// The fault struck each write once, the write had taken effect, and a read has shown it.
    pub(crate) async fn settled_by_one_read(&self, people: impl Iterator<Item = usize>) {
        for person in people {
            let (row, book) = (self.row(person).await, self.book(person));
            assert_eq!(row.confirmed_by.as_deref(), Some("reread"), "{row:?}");
            assert_eq!((book.writes_received, book.reads), (1, 1), "{book:?}");
        }
    }

    /// P4 across runs: users in doubt are read first, and no user is changed twice.
    pub(crate) async fn continues_by_reading(&self, ran: &Ran) {
        let rows = self.rows().await;
        let doubtful: Vec<_> = rows
            .iter()
            .filter(|row| row.status == Status::InDoubt)
            .filter_map(|row| row.user_id.clone())
            .collect();
        assert_eq!(doubtful.len(), 8, "{:?}", tally(&rows));
        let log = self.books.requests().len();
        let again = finish(self.printed_command(ran)).await;
        assert_eq!(again.code, Some(0), "{again:?}");
        let first = first_requests(&self.books.requests()[log..]);
        for id in doubtful {
            assert_eq!(first[&id], Verb::Get, "user {id}");
        }
        self.all_are_removed().await;
        for user in self.books.users() {
            assert!(user.writes_changed <= 1, "{user:?}");
        }
    }

    /// Waits until the provider has received so many writes.
    pub(crate) async fn receives(&self, running: &mut Running, writes: usize) {
        let received = || {
            let log = self.books.requests();
            log.iter().filter(|one| one.verb == Verb::Patch).count()
        };
        let met = running.reaches(|| received() >= writes).await;
        assert!(met, "ended before write {writes}");
    }
}

/// The program ended by itself, with this exit code and these words on standard error.
pub(crate) fn ended_with(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
    for words in words {
        assert!(ran.stderr.contains(words), "`{words}` is missing: {ran:?}");
    }
}
