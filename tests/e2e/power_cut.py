"""A disk that knows what is durable, and what a power cut may leave of it.

It is the weakest disk that POSIX allows. fsync of a file makes its bytes and
attributes durable, and not its name; fsync of a folder makes the names in it
durable, and not what they name, nor the folder's own name. What is not durable
may be there after a power cut or not, in any order; of a file's bytes also a
part, or zeros in their place.
"""

import re

DROPPED, KEPT, HALF, ZEROS = range(4)


class File:
    def __init__(self):
        self.data = b""
        self.attributes = {}
        self.durable = (b"", {})

    def now(self):
        return self.data, dict(self.attributes)

    def sync(self):
        self.durable = self.now()

    def after(self, fate):
        data, attributes = self.now()
        if fate == HALF:
            return data[:len(data) // 2], attributes
        if fate == ZEROS:
            return bytes(len(data)), attributes
        return (data, attributes) if fate == KEPT else self.durable


class Folder:
    def __init__(self, parent=None):
        self.parent = parent or self
        self.names = {}
        self.durable = {}
        self.changes = []   # since it was synced: {name: node, or None}

    def change(self, names):
        """Several at once: they come together or not at all."""
        self.changes.append(names)
        apply(self.names, names)

    def sync(self):
        self.durable = dict(self.names)
        self.changes = []


def apply(names, change):
    for name, node in change.items():
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node


class Disk:
    def __init__(self, root):
        self.path = str(root)
        self.root = Folder()
        self.nodes = [self.root]
        self.restart()

    def restart(self):
        """A new process, which has no descriptor yet."""
        self.descriptors = {}

    # --- what it holds ----------------------------------------------------

    def find(self, path):
        node = self.root
        for name in path.split("/") if path else []:
            node = node.names[name]
        return node

    def add(self, node):
        self.nodes.append(node)
        return node

    def fates(self):
        """Each way in which a power cut may come now: for what is not durable
        one fate. None of it, all, each alone, and all but each."""
        open_ = [node for node in self.nodes if isinstance(node, File)
                 and node.now() != node.durable]
        open_ += [(node, number) for node in self.nodes
                  if isinstance(node, Folder)
                  for number in range(len(node.changes))]
        kept = dict.fromkeys(open_, KEPT)
        yield {}
        yield kept
        for one in open_:
            fates = (KEPT, HALF, ZEROS) if isinstance(one, File) else (KEPT,)
            for fate in fates:
                yield {one: fate}
            for fate in (DROPPED, *fates[1:]):
                yield {**kept, one: fate}

    def now(self):
        """What is there while the power is."""
        fates = {node: KEPT for node in self.nodes if isinstance(node, File)}
        fates.update({(node, number): KEPT for node in self.nodes
                      if isinstance(node, Folder)
                      for number in range(len(node.changes))})
        return self.left(fates)

    def left(self, fates, node=None, path=""):
        """{path: (bytes, attributes), or None for a folder}."""
        node = node or self.root
        names = dict(node.durable)
        for number, change in enumerate(node.changes):
            if fates.get((node, number)):
                apply(names, change)
        found = {}
        for name, child in names.items():
            if isinstance(child, File):
                found[path + name] = child.after(fates.get(child, DROPPED))
            else:
                found[path + name] = None
                found.update(self.left(fates, child, path + name + "/"))
        return found

    # --- system calls -----------------------------------------------------

    def play(self, call):
        """True when it changed what a power cut may leave."""
        play = getattr(self, "on_" + call.name, None)
        if play and call.result >= 0:
            return bool(play(call))
        assert (play or call.result < 0 or call.name in HARMLESS
                or not self.touches(call)), call
        return False

    def touches(self, call):
        """Whether a call that nobody knows here may be about this disk."""
        first = call.arguments[0]
        return (first.isdigit() and int(first) in self.descriptors
                or any(self.path.encode() in text for text in call.strings))

    def node(self, number):
        return self.descriptors.get(number, (None,))[0]

    def place(self, number, path):
        """Folder and name of a path; None for what is not on this disk."""
        path = path.decode()
        if (path + "/").startswith(self.path + "/"):
            folder, path = self.root, path[len(self.path) + 1:] or "."
        else:
            folder = None if path.startswith("/") else self.node(number)
        *names, last = path.rstrip("/").split("/")
        for name in names:
            folder = folder and self.step(folder, name)
        return folder, last

    @staticmethod
    def step(folder, name):
        if name in (".", ".."):
            return folder if name == "." else folder.parent
        return folder.names.get(name)

    def open(self, call, number, flags):
        folder, name = self.place(number, call.strings[0])
        self.descriptors.pop(call.result, None)
        if not isinstance(folder, Folder):
            return False
        node = self.step(folder, name)
        made = False
        if "O_TMPFILE" in flags:
            node = self.add(File())
        elif node is None and "O_CREAT" in flags:
            node = self.add(File())
            folder.change({name: node})
            made = True
        if node is None:
            return False
        assert "O_TRUNC" not in flags or not node.data, call
        assert "O_APPEND" not in flags, call
        self.descriptors[call.result] = (node, [0])
        return made

    def on_openat(self, call):
        return self.open(call, call.number(0), call.text)

    on_openat2 = on_openat

    def on_open(self, call):
        return self.open(call, -1, call.text)

    def on_close(self, call):
        self.descriptors.pop(call.number(0), None)

    def on_dup(self, call):
        self.descriptors.pop(call.result, None)
        if call.number(0) in self.descriptors:
            self.descriptors[call.result] = self.descriptors[call.number(0)]

    on_dup2 = on_dup3 = on_dup

    def on_fcntl(self, call):
        if "F_DUPFD" in call.text:
            self.on_dup(call)

    def on_mkdirat(self, call):
        folder, name = self.place(
            call.number(0) if call.name == "mkdirat" else -1, call.strings[0])
        if folder:
            folder.change({name: self.add(Folder(folder))})
        return folder

    on_mkdir = on_mkdirat

    def on_unlinkat(self, call):
        folder, name = self.place(
            call.number(0) if call.name == "unlinkat" else -1,
            call.strings[0])
        if folder:
            folder.change({name: None})
        return folder

    on_unlink = on_rmdir = on_unlinkat

    def on_rename(self, call):
        source, before = self.place(-1, call.strings[0])
        target, after = self.place(-1, call.strings[1])
        assert source is target, call
        if source:
            source.change({after: source.names[before], before: None})
        return source

    def on_linkat(self, call):
        match = re.fullmatch(rb"/proc/self/fd/(\d+)", call.strings[0])
        folder, name = self.place(call.number(2), call.strings[1])
        if folder:
            folder.change({name: self.node(int(match[1]))})
        return folder

    def on_write(self, call):
        node, at = self.descriptors.get(call.number(0), (None, None))
        if not node:
            return False
        data = b"".join(call.strings)[:call.result]
        node.data = (node.data[:at[0]].ljust(at[0], b"\0") + data
                     + node.data[at[0] + len(data):])
        at[0] += len(data)
        return True

    on_writev = on_write

    def on_fallocate(self, call):
        assert not self.node(call.number(0)) or "KEEP_SIZE" in call.text

    def on_fsetxattr(self, call):
        node = self.node(call.number(0))
        if node:
            node.attributes[call.strings[0].decode()] = call.strings[1]
        return node

    def on_fsync(self, call):
        node = self.node(call.number(0))
        if node:
            node.sync()
        return node

    on_fdatasync = on_fsync

    def on_syncfs(self, call):
        for node in self.nodes:
            node.sync()
        return True

    on_sync = on_syncfs


# What changes nothing of what is on the disk.
HARMLESS = set("""access faccessat faccessat2 fadvise64 fchmod fchown fgetxattr
    flistxattr flock fstat fstatfs getdents64 getxattr inotify_add_watch ioctl
    landlock_add_rule lgetxattr lseek lstat mmap newfstatat read
    pread64 readlink readlinkat readv sendfile stat statfs statx execve""".split())
