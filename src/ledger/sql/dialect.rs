//! Words that the databases spell differently, most of them for JSON. Each takes the database, `sqlite` or
//! `postgres`, as its first argument, and is a part of the text of a statement.

/// Both texts of a statement: the macro that is named gives the text for the database that it is given.
macro_rules! twin {
    ($statement:ident) => {
        $crate::ledger::sql::Sql::twin($statement!(sqlite), $statement!(postgres))
    };
}

/// The present moment by the clock of PostgreSQL, in milliseconds since 1970-01-01T00:00:00Z.
macro_rules! now_ms {
    () => {
        "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)"
    };
}

/// These columns of a row, as the text of one JSON array.
macro_rules! row_as_json {
    (sqlite, $columns:expr) => {
        concat!("json_array(", $columns, ")")
    };
    (postgres, $columns:expr) => {
        concat!("CAST(json_build_array(", $columns, ") AS text)")
    };
}

/// These columns of all rows, as the text of one JSON array with an array for each row. The order of the rows is not
/// promised.
macro_rules! rows_as_json {
    (sqlite, $columns:expr) => {
        concat!("json_group_array(json_array(", $columns, "))")
    };
    (postgres, $columns:expr) => {
        concat!(
            "CAST(coalesce(json_agg(json_build_array(",
            $columns,
            ")), '[]') AS text)"
        )
    };
}

/// Names and values in turn, as the text of one JSON object.
macro_rules! object_as_json {
    (sqlite, $members:literal) => {
        concat!("json_object(", $members, ")")
    };
    (postgres, $members:literal) => {
        concat!("CAST(json_build_object(", $members, ") AS text)")
    };
}

/// What a column holds, as a part of a JSON array and not as a text in it.
macro_rules! json_in {
    (sqlite, $column:literal) => {
        concat!("json(", $column, ")")
    };
    (postgres, $column:literal) => {
        concat!("CAST(", $column, " AS json)")
    };
}

/// A member of the JSON object that a column or an expression holds, as a text: compared with a number, it has to be
/// cast.
macro_rules! member {
    (sqlite, $object:literal, $name:literal) => {
        concat!("(", $object, " ->> '", $name, "')")
    };
    (postgres, $object:literal, $name:literal) => {
        concat!("(CAST(", $object, " AS json) ->> '", $name, "')")
    };
}

/// The table `given` of the elements of a JSON array that is bound as a value: each `value`, and its place from 0 as
/// `key`. The type is `bigint` or `text`.
macro_rules! given {
    (sqlite, $place:literal, $type:literal) => {
        concat!("json_each(", $place, ") AS given")
    };
    (postgres, $place:literal, $type:literal) => {
        concat!(
            "(SELECT CAST(element AS ",
            $type,
            ") AS value, nth - 1 AS key FROM json_array_elements_text(CAST(",
            $place,
            " AS json)) WITH ORDINALITY AS elements (element, nth)) AS given"
        )
    };
}

/// A table of the texts in the JSON array that a column holds, each as `value`.
macro_rules! elements {
    (sqlite, $column:literal, $table:literal) => {
        concat!("json_each(", $column, ") AS ", $table)
    };
    (postgres, $column:literal, $table:literal) => {
        concat!(
            "json_array_elements_text(CAST(",
            $column,
            " AS json)) AS ",
            $table,
            " (value)"
        )
    };
}

pub(in crate::ledger) use {
    elements, given, json_in, member, now_ms, object_as_json, row_as_json, rows_as_json, twin,
};
