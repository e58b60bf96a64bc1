//! The statement that reads the keys of addresses.

use async_trait::async_trait;

use crate::engine::ReadAddressKeys;
use crate::listing::Listing;
use crate::schema::IP_INVENTORY;
use crate::sql::dialect::{Dialect as _, SqlRow as _, SqlTx};

#[async_trait]
impl<C: SqlTx> ReadAddressKeys for C {
    async fn scan_address_keys(
        &mut self,
        listing: &Listing,
        visit: &mut (dyn for<'r> FnMut(&'r str) + Send),
    ) -> Result<(), C::Error> {
        let dialect = self.dialect();
        let key = dialect.read(IP_INVENTORY, "ip_address");
        let (sql, args) = listing.selecting(&key, dialect);
        self.scan(sql, &args, &mut |row| {
            visit(&row.text(0)?.unwrap_or_default());
            Ok(())
        })
        .await
    }
}
