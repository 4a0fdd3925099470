//! Taking a port and taking connections.

use super::*;
use expect_test::expect;

#[tokio::test]
async fn a_port_in_use_is_said_with_listener_address_and_fix() {
    let first = listener("customers", "127.0.0.1:0").bind().unwrap();
    let address = first.address().unwrap();
    let error = listener("agents", &address.to_string()).bind().err().unwrap().to_string();
    expect![["listener agents can't listen on 127.0.0.1:PORT: the port is in use by another program; stop that program, or give the listener another port (with `dev`: --port-offset N)"]]
        .assert_eq(&error.replace(&address.port().to_string(), "PORT"));
}

#[tokio::test]
async fn an_address_of_another_machine_is_said_with_the_fix() {
    let error = listener("agents", "192.0.2.1:5232").bind().err().unwrap().to_string();
    expect![["listener agents can't listen on 192.0.2.1:5232: this machine has no such address; give the listener one of its own, or 0.0.0.0 (IPv6: [::]) for all of them"]]
        .assert_eq(&error);
}

#[tokio::test]
async fn a_listener_has_so_many_connections_and_no_more() {
    let mut scene = Scene::new(|listener| listener.limits.connections = 1);
    let _first = scene.connect().await;
    scene.input().await;
    let mut second = scene.connect().await;
    assert_eq!(second.hear().await, "");
}

#[tokio::test]
async fn an_adapter_that_gives_no_endpoint_costs_the_connection_only() {
    let mut scene = Scene::new(|listener| {
        listener.adapter = adapter(LineFactory { refuses: true, ..LineFactory::default() });
    });
    let mut client = scene.connect().await;
    assert_eq!(client.hear().await, "");
    assert!(scene.inputs.try_recv().is_err());
    assert!(!scene.served.is_finished());
}

/// What a connection costs beside its sandbox: a part of the aim of 36 KB all told.
#[tokio::test]
async fn the_task_of_a_connection_is_small() {
    let scene = Scene::new(|_| {});
    let client = TcpStream::connect(scene.address).await.unwrap();
    let remote = client.local_addr().unwrap();
    let places = listener("customers", "127.0.0.1:0").shared(scene.centre.clone(), scene.verifier.clone());
    let (_, drain) = watch::channel(false);
    let task = connection::Connection::serve(Arc::new(places), client, remote, drain);
    let bytes = size_of_val(&task) + size_of::<connection::Connection<FakeCentre, FakeVerifier>>();
    assert!(bytes <= 4_096, "{bytes} bytes");
}
