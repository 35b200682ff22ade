//! Values come back as they went in, and labels that are not granted do not open.

use super::{Connection, Sqlite, wit};
use crate::bindings::fermyon::spin::sqlite::HostConnection as _;
use wasmtime::component::Resource;
use wit::Value;

struct Database {
    _directory: tempfile::TempDir,
    sqlite: Sqlite,
    connection: Resource<Connection>,
}

impl Database {
    fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut sqlite = Sqlite::new([String::from("default")], directory.path().join("db"));
        let connection = sqlite.open("default").unwrap();
        Self {
            _directory: directory,
            sqlite,
            connection,
        }
    }

    async fn run(
        &mut self,
        statement: &str,
        parameters: Vec<Value>,
    ) -> Result<wit::QueryResult, wit::Error> {
        let borrowed = Resource::new_borrow(self.connection.rep());
        self.sqlite
            .execute(borrowed, statement.into(), parameters)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn values_come_back_as_they_went_in() {
    let mut database = Database::open();
    let values = vec![
        Value::Integer(i64::MIN),
        Value::Real(0.5),
        Value::Text("ä".into()),
        Value::Blob(vec![0, 255]),
        Value::Null,
    ];
    let result = database
        .run("SELECT ?, ?, ?, ?, ? AS last", values.clone())
        .await
        .unwrap();
    assert_eq!(result.columns.last().unwrap(), "last");
    assert_eq!(
        format!("{:?}", result.rows[0].values),
        format!("{values:?}")
    );
}

#[tokio::test]
async fn one_of_two_inserts_of_a_key_wins() {
    let mut database = Database::open();
    database
        .run("CREATE TABLE t (k TEXT PRIMARY KEY)", vec![])
        .await
        .unwrap();
    let insert = "INSERT INTO t VALUES ('a') ON CONFLICT DO NOTHING RETURNING k";
    assert_eq!(database.run(insert, vec![]).await.unwrap().rows.len(), 1);
    assert_eq!(database.run(insert, vec![]).await.unwrap().rows.len(), 0);
    let take = "DELETE FROM t WHERE k = 'a' RETURNING k";
    assert_eq!(database.run(take, vec![]).await.unwrap().rows.len(), 1);
    assert_eq!(database.run(take, vec![]).await.unwrap().rows.len(), 0);
}

#[tokio::test]
async fn what_sqlite_refuses_is_io() {
    let mut database = Database::open();
    for statement in [
        "NO SUCH",
        "SELECT ?",
        "SELECT 1; SELECT 2",
        "SELECT CAST(x'FF' AS TEXT)",
    ] {
        let refused = database.run(statement, vec![]).await;
        assert!(
            matches!(refused, Err(wit::Error::Io(_))),
            "{statement}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_label_that_is_not_granted_does_not_open() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("db");
    let mut nothing = Sqlite::new([], file.clone());
    assert!(matches!(
        nothing.open("default"),
        Err(wit::Error::AccessDenied)
    ));
    let mut unknown = Sqlite::new([String::from("other")], file.clone());
    assert!(matches!(
        unknown.open("default"),
        Err(wit::Error::AccessDenied)
    ));
    assert!(matches!(
        unknown.open("other"),
        Err(wit::Error::NoSuchDatabase)
    ));
    assert!(!file.exists());
}

#[tokio::test]
async fn a_guest_may_have_256_connections() {
    let mut database = Database::open();
    for _ in 1..256 {
        database.sqlite.open("default").unwrap();
    }
    assert!(matches!(
        database.sqlite.open("default"),
        Err(wit::Error::Io(_))
    ));
    database
        .sqlite
        .drop(Resource::new_own(database.connection.rep()))
        .await
        .unwrap();
    database.sqlite.open("default").unwrap();
}
