"""A component whose server's name takes long to look up."""

import support


def component(**over):
    return {"jid": "upload.example.org", "secret": support.SECRET, **over}


def test_it_delays_nobody_and_no_end(start, slow_name):
    slotd = start(support.s3_config(
        components=[component(server="slow.invalid")]))
    slotd.wait_line("^slow name$")
    slotd.slot()
    slotd.stop()
    assert slow_name.exists()


def test_a_reload_takes_it_away(start, slow_name):
    config = support.s3_config(components=[component(server="slow.invalid")])
    slotd = start(config)
    slotd.wait_line("^slow name$")
    support.write_config(slotd.path.parent, support.s3_config(
        listen=config["listen"]))
    slotd.process.send_signal(1)
    slotd.wait_line("msg=reloaded")
    slotd.slot()
    # The thread that was left alone ends by itself.
    slow_name.unlink()
    slotd.slot()
    slotd.stop()
