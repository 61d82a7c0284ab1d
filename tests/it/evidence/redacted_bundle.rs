//! A redacted bundle: no name and no address in any file, all ids, and a chain that still says something.

use offboard::report::Privacy;

use super::generated_job::{Fate, Made, ODD_NAMES, assert_holds, id};

#[tokio::test]
async fn p10_a_redacted_bundle_has_ids_and_no_name_or_address_in_any_file() {
    // So many failures that the provider's words name each user.
    let failed = [Fate::Failed; ODD_NAMES.len()];
    let fates: Vec<_> = Fate::ALL.into_iter().chain(failed).collect();
    let made = Made::new(&fates).await;
    let (open, _) = made.bundle("open", Privacy::Open).await;
    let (masked, _) = made.bundle("masked", Privacy::Masked).await;
    let read = |dir: &std::path::Path| -> Vec<(String, String)> {
        let files = offboard::report::FILES.iter();
        files
            .map(|name| {
                let text = std::fs::read_to_string(dir.join(name)).unwrap();
                ((*name).to_owned(), text)
            })
            .collect()
    };
    let in_json = |name: &str| {
        serde_json::json!(name)
            .to_string()
            .trim_matches('"')
            .to_owned()
    };
    let in_csv = |name: &str| name.replace('"', "\"\"");
    let names: Vec<String> = ODD_NAMES
        .iter()
        .flat_map(|name| [in_json(name), in_csv(name)])
        .chain(["planted", "@example.com", ".person"].map(str::to_owned))
        .collect();
    let openly: String = read(&open).into_iter().map(|(_, text)| text).collect();
    for name in &names {
        assert!(
            openly.to_lowercase().contains(&name.to_lowercase()),
            "{name}"
        );
    }
    for (file, text) in read(&masked) {
        for name in &names {
            let found = text.to_lowercase().contains(&name.to_lowercase());
            assert!(!found, "{name} is in {file}");
        }
    }
    let table = std::fs::read_to_string(masked.join("report.csv")).unwrap();
    for (index, fate) in fates.iter().enumerate() {
        let is_named = !matches!(fate, Fate::Invalid | Fate::Duplicate);
        assert_eq!(table.contains(&id(index)), is_named, "{fate:?}");
    }
    assert!(table.contains("CHG-4711"));

    let audit = assert_holds(&masked);
    assert!(audit.masked > 0);
    assert_eq!(audit.head, assert_holds(&open).head);
    assert!(
        audit.notes.iter().any(|note| note.contains("masked")),
        "{:?}",
        audit.notes
    );
}
