//! Colours are printed where they are wanted, and nowhere else.

use crate::support::{Bed, finish};

#[tokio::test]
async fn colors_follow_the_flag_then_the_variables_then_the_terminal() {
    let bed = Bed::with_users(1).await;
    for (args, variables, colored) in [
        (&["status"][..], &[][..], false),
        (&["status", "--color", "always"], &[], true),
        (&["status"], &[("CLICOLOR_FORCE", "1")], true),
        (&["status"], &[("CLICOLOR_FORCE", "0")], false),
        (&["status"], &[("OFFBOARD_COLOR", "always")], true),
        (
            &["status", "--color=never"],
            &[("CLICOLOR_FORCE", "1")],
            false,
        ),
        (&["status"], &[("NO_COLOR", "1")], false),
        // A misuse is answered by the parser itself.
        (&["status", "--colour", "--color", "always"], &[], true),
        (&["status", "--colour", "--color", "never"], &[], false),
    ] {
        let mut command = bed.offboard(args);
        command.envs(variables.iter().copied());
        let ran = finish(command).await;
        assert!(ran.stderr.contains("error:"), "{ran:?}");
        assert_eq!(ran.stderr.contains('\u{1b}'), colored, "{args:?}: {ran:?}");
    }
}

#[tokio::test]
async fn a_name_with_escape_sequences_gets_no_color_of_its_own() {
    let bed = Bed::with_users(1).await;
    let ran = finish(bed.offboard(&["status", "\u{1b}[32mgreen", "--color", "always"])).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("\\u{1b}[32mgreen"), "{ran:?}");
}

#[tokio::test]
async fn a_wrong_value_of_a_variable_is_answered_with_the_variable() {
    let bed = Bed::with_users(1).await;
    bed.write_roster(&[]);
    for (flags, variable, is_named) in [
        ("", "OFFBOARD_TOLERATE", true),
        ("", "OFFBOARD_RATE", true),
        ("--rate purple", "OFFBOARD_RATE", false),
        ("--rate=purple", "OFFBOARD_RATE", false),
    ] {
        let mut command = bed.run_with(1, flags);
        command.env(variable, "purple");
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(2), "{ran:?}");
        let tip = format!("the value is that of the variable {variable}");
        assert_eq!(ran.stderr.contains(&tip), is_named, "{flags}: {ran:?}");
    }
}
