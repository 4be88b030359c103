"""However many hosts have the module, together they open no more connections
to slotd than it takes: 64 of one address."""

import contextlib

import ejabberd
import prosody
import stub
from stanza import Client, disco_info, parse_slot, slot_request

serve = prosody.serve
EACH = 10
UNLOAD = ("<do xmlns='lab:modules' what='unload' name='http_upload_slotd'"
          " host='upload.localhost'/>")


def ask_all(crowd, port, users, services, most):
    """Everybody asks everywhere; gives the slots, once they may come."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(port, user, "secret"))
                   for user in users]
        numbers = [
            (client, client.send_iq("get", service, slot_request("a.jpg", 1)))
            for _ in range(EACH) for client in clients
            for service in services]
        crowd.wait_for(most)
        # An answer for what was sent last: all before it has been read.
        for client in clients:
            for service in services:
                disco_info(client, service)
        assert crowd.now == most
        crowd.open.set()
        return [parse_slot(client.read_iq(number, ejabberd.PATIENCE))
                for client, number in numbers]


def test_prosody(serve):
    names = [f"upload{n}.localhost" for n in range(4)]
    with stub.Stub() as slotd:
        options = prosody.options(slotd.url, timeout=60)
        server = serve(options, hosts="".join(
            f'Component "{name}" "http_upload_slotd"\n'
            + prosody.settings(options) for name in names))
        slotd.wait_limits(2 * (len(names) + 1))
        crowd = slotd.crowd()
        slots = ask_all(crowd, server.port, prosody.ACCOUNTS, names, 32)
        assert len(slots) == EACH * 3 * 4
        assert crowd.most == 32


def test_prosody_unloads_one_of_them(serve):
    """What it had under way is given back to the others."""
    with stub.Stub() as slotd:
        options = prosody.options(slotd.url, timeout=60)
        server = serve(options, hosts=(
            'Component "upload1.localhost" "http_upload_slotd"\n'
            + prosody.settings(options)))
        slotd.wait_limits(4)
        crowd = slotd.crowd()
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(
                Client(server.port, user, "secret"))
                for user in prosody.ACCOUNTS]
            for client in clients:
                for _ in range(EACH):
                    client.send_iq("get", "upload.localhost",
                                   slot_request("a.jpg", 1))
            crowd.wait_for(3 * 8)
            numbers = [(client, client.send_iq(
                "get", "upload1.localhost", slot_request("b.jpg", 1)))
                for client in clients for _ in range(EACH)]
            crowd.wait_for(32)
            assert clients[0].iq("set", "localhost", UNLOAD).get(
                "type") == "result"
            # The stub still has the 24 that nobody waits for any more.
            crowd.wait_for(3 * 8 + 3 * 8)
            crowd.open.set()
            for client, number in numbers:
                parse_slot(client.read_iq(number, ejabberd.PATIENCE))


def test_ejabberd(tmp_path):
    """By an address that is not this machine's own name, as from another."""
    hosts = [f"host{n}.example" for n in range(4)]
    users = [f"{name}@{host}" for name in ejabberd.ACCOUNTS
             for host in hosts]
    with stub.Stub() as slotd:
        url = slotd.url.replace("127.0.0.1", "0.0.0.0")
        options = ejabberd.slotd_options(url, timeout=60, access="all")
        with ejabberd.Ejabberd(
                tmp_path, {ejabberd.MODULE: options},
                hosts=hosts) as server:
            slotd.wait_limits(len(hosts))
            crowd = slotd.crowd()
            slots = ask_all(crowd, server.port, users,
                            ["upload." + host for host in hosts], 48)
            assert len(slots) == EACH * 8 * 4
            assert crowd.most == 48
            assert "CRASH" not in server.log().upper()
