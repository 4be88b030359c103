"""The embedded store and nginx: `dav_methods PUT` and sendfile."""

import support
import transfers
from programs import nginx, slotd
from transfers import Client, figure, progress, rates

GROUP = "Embedded store, bytes a CPU second over nginx's"
UPLOAD = {"64 MiB": 1.0, "64 KiB": 0.5}
DOWNLOAD = 0.8
NGINX = """root {root};
        sendfile on;
        location / {{
            dav_methods PUT;
            create_full_put_path on;
        }}"""


def one_round(ours, other, size, count, number):
    """Rates: (slotd's, nginx's) of uploads, the same of downloads."""
    puts, gets = transfers.slots(ours.program, size, count)
    gets = [support.split_url(url)[1] for url in gets]
    names = [f"/{size}-{number}/{n}" for n in range(count)]
    return (rates(size, (ours.upload, puts), (other.upload, names)),
            rates(size, (ours.download, gets), (other.download, names)))


def measure(folder, rounds):
    store, root = folder / "store", folder / "root"
    root.mkdir()
    found = []
    with slotd(folder, support.fs_config(store)) as one, nginx(
            folder, NGINX.format(root=root)) as two:
        ours, other = Client(one), Client(two)
        for name, size, count in transfers.SIZES:
            results = []
            for number in range(rounds):
                progress("embedded store, files", name, number)
                transfers.settle()
                results.append(one_round(ours, other, size, count, number))
            uploads, downloads = zip(*results)
            found += [
                figure(GROUP, f"uploads of {name}", uploads, UPLOAD[name]),
                figure(GROUP, f"downloads of {name}", downloads, DOWNLOAD)]
    return found
