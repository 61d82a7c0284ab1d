//! What the plan sees of the users. What was not shown is unknown (P2): attributes that lists leave out,
//! searches that miss, lists that end early, names that are not unique, reads that have grown old.

mod duplicate_names;
mod left_out_names;
mod missing_attributes;
mod paged_lists;
mod plan;
mod searches;
mod stale_reads;
mod unknown_attribute;
mod value_forms;
