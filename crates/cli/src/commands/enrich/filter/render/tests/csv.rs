//! Rows with cells added.

use std::sync::Arc;

use ipcascade_input::{Input, InputFormat, InputOptions, RecordReader};

use crate::commands::enrich::filter::columns::OutputColumns;
use crate::commands::enrich::filter::render::renderer::Group;
use crate::commands::enrich::filter::render::tests::sample::{view, written};
use crate::commands::enrich::filter::table_form::TableForm;
use crate::commands::enrich::filter::template::View;

#[test]
fn csv_cells_are_quoted_where_they_must_be() {
    // One view for several delimiters.
    let view = view();
    for (delimiter, expected) in [
        (
            b';',
            ";64500;\"Quote \"\" & comma, Inc.\";198.41.0.0/24;false",
        ),
        (
            b'.',
            ".64500.\"Quote \"\" & comma, Inc.\".\"198.41.0.0/24\".false",
        ),
        (
            b';',
            ";64500;\"Quote \"\" & comma, Inc.\";198.41.0.0/24;false",
        ),
    ] {
        let line = written(delimiter, |to, out| to.push_cells(out, &view));
        assert_eq!(line, expected);
    }
    let header = written(b',', |to, out| out.extend(to.csv_header()));
    assert_eq!(header, "address,asn,asn_org,prefix,is_bogon\n");
}

/// A table with results added to each row that has an address.
fn table(text: &'static str, columns: &[&str]) -> String {
    let options = InputOptions {
        format: Some(InputFormat::Csv),
        columns: columns.iter().map(|name| name.parse().unwrap()).collect(),
        ..InputOptions::default()
    };
    let mut reader =
        RecordReader::new("t", Input::whole(text.as_bytes(), options.now), &options).unwrap();
    let form = Arc::clone(reader.form());
    let view = view();
    written(form.delimiter().unwrap(), |to, out| {
        let columns = OutputColumns::of(TableForm::of(&form), &to.cell_names());
        out.extend_from_slice(&columns.head);
    })
    .lines()
    .map(str::to_owned)
    .chain(std::iter::from_fn(|| {
        let record = reader.next().unwrap()?;
        let (original, count) = (record.original.unwrap().bytes, record.cells.unwrap());
        let mut addresses = record.addresses;
        let fields = std::iter::from_fn(|| Some(addresses.next_of_field()?.1));
        let fields: Vec<usize> = fields.collect();
        let views: Vec<&View> = fields.iter().map(|_| &view).collect();
        let names = form.address_names();
        let group = Group {
            views: &views,
            names: if names.len() > 1 { &names } else { &[] },
            fields: &fields,
        };
        Some(written(form.delimiter().unwrap(), |to, out| {
            let columns = OutputColumns::of(TableForm::of(&form), &to.cell_names());
            to.csv_record(out, original, count, &columns, &group);
        }))
    }))
    .collect::<Vec<_>>()
    .join("\n")
}

#[test]
fn a_row_keeps_its_cells_in_place() {
    const FOUND: &str = "64500,\"Quote \"\" & comma, Inc.\",198.41.0.0/24,false";
    assert_eq!(
        table(
            "ip,when\n1.2.3.4\n1.2.3.4,x\n-,y\n1.2.3.4,x,more\n",
            &["ip"]
        ),
        format!(
            "ip,when,asn,asn_org,prefix,is_bogon\n1.2.3.4,,{FOUND}\n1.2.3.4,x,{FOUND}\n-,y,,,,\n1.2.3.4,x,{FOUND},more"
        )
    );
    // Existing names keep their meaning, and our own columns are filled anew.
    assert_eq!(
        table("ip,asn,ASN_ORG\n1.2.3.4,7,x\n", &["ip"]),
        format!("ip,asn,ASN_ORG,ipc_asn,ipc_asn_org,prefix,is_bogon\n1.2.3.4,7,x,{FOUND}")
    );
    assert_eq!(
        table("ip,asn,ipc_asn,n\n1.2.3.4,7,8,9\n", &["ip"]),
        format!(
            "ip,asn,ipc_asn,n,{}\n1.2.3.4,7,64500,9,{}",
            "asn_org,prefix,is_bogon",
            FOUND.split_once(',').unwrap().1
        )
    );
    assert_eq!(
        table("src,dst\n1.2.3.4,-\n", &["src", "dst"]),
        format!(
            "src,dst,src_asn,src_asn_org,src_prefix,src_is_bogon,dst_asn,dst_asn_org,dst_prefix,dst_is_bogon\n1.2.3.4,-,{FOUND},,,,"
        )
    );
    assert_eq!(
        table(
            "#separator \\x09\n#fields\tid.orig_h\tn\n#types\taddr\tint\n1.2.3.4\t1\n",
            &[]
        ),
        "#separator \\x09\n#fields\tid.orig_h\tn\tasn\tasn_org\tprefix\tis_bogon\n#types\taddr\tint\tstring\tstring\tstring\tstring\n1.2.3.4\t1\t64500\t\"Quote \"\" & comma, Inc.\"\t198.41.0.0/24\tfalse"
    );
}
