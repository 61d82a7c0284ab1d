//! Who may use a file, as far as the program asks.

/// Who owns a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileOwner {
    /// The user that this process runs as.
    Me,
    /// The administrator of the system: root; on Windows the group Administrators or the system itself.
    Administrator,
    /// Any other user.
    Another,
}

/// Who may use a file besides its owner and the administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileAccess {
    /// Who owns it.
    pub(crate) owner: FileOwner,
    /// Whether other users may read it.
    pub(crate) others_may_read: bool,
    /// Whether other users may change it, or who may use it.
    pub(crate) others_may_write: bool,
}

impl FileAccess {
    /// Whether no other user can have read it or written it.
    pub(crate) fn is_private(self) -> bool {
        self.owner != FileOwner::Another && !self.others_may_read && !self.others_may_write
    }
}
