//! A whole job, from the command line to the records of the provider.

use offboard::sandbox::SandboxSettings;

use crate::support::{Bed, finish};

#[apply(end_to_end!)]
async fn all_users_are_disabled_and_without_workspaces_by_the_providers_records() {
    let bed = Bed::new(SandboxSettings {
        users: 200,
        refused: 2,
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&["ffffffffffffffffffffffffffffffff,nobody@example.com"]);
    let ran = finish(bed.run_all(200)).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let gone = bed.people.iter().filter(|person| bed.is_gone(&person.id));
    assert_eq!(gone.count(), 198);
    assert!(
        ran.stderr.contains("user is protected by policy"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("not found"), "{ran:?}");
}
