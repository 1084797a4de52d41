"""Where results go: everything printed is written or the command fails; what stands at an output's place decides."""

import os
import socket
import stat
import subprocess

from commands import running
from commands.fixtures import scenes, trained
from commands.running import check, expect, expect_words, peek, run


def redirected(arguments, redirection):
    """Runs unimo in a shell with its standard descriptors led elsewhere; returns the exit code and standard error."""
    command = f'"$0" "$@" {redirection}'
    done = subprocess.run(
        ["bash", "-c", command, running.BINARY, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=running.environment(), timeout=120)
    return done.returncode, done.stderr.decode()


@check
def lost_results_are_noticed(scratch):
    """what can't be written to standard output fails every command that prints, help too; a closed one is not written elsewhere"""
    pairs = scenes() / "pairs"
    (scratch / "a.txt").write_text("the cat sat on the mat\n" * 9)
    run("tokenizer", "train", scratch / "tokenizer", "--from", scratch / "a.txt", "--vocabulary", 270)
    commands = [
        ("--help",), ("help", "corpus", "pack"), ("doctor",), ("doctor", "--json"), ("corpus", "inspect", pairs),
        ("corpus", "inspect", pairs, "--json"), ("corpus", "verify", pairs), ("corpus", "peek", pairs, 0),
        ("corpus", "peek", pairs, 0, "--image"), ("corpus", "peek", pairs, 0, "--member", "txt"),
        ("sampler", "dump", running.ROOT / "recipes/debug.yaml", "--batches", "0..<2"),
        ("sampler", "dump", running.ROOT / "recipes/debug.yaml", "--batches", "0..<2", "--json"),
        ("checkpoint", "inspect", trained()), ("checkpoint", "verify", trained(), "--json"),
        ("evaluate", "retrieval", trained(), "--corpus", "scenes:4", "--json"),
        ("embed", trained(), "--corpus", "scenes:4", "--out", scratch / "e.safetensors"),
        ("bench", "corpus", "--shards", 2, "--samples", 200),
    ]
    for arguments in commands:
        for redirection, reason in (("> /dev/full", "No space left on device"), (">&-", "Bad file descriptor")):
            code, err = redirected(arguments, redirection)
            expect(code == 2, f"{arguments} {redirection}: exit {code}\n{err}")
            expect_words(err, "standard output: can't write", reason)
    code, err = redirected(("corpus", "peek", pairs, 0, "--save", scratch / "image.png"), ">&- 2>&-")
    expect(code == 0 and (scratch / "image.png").read_bytes() == peek(pairs, "0", "--member", "png"), "descriptors mixed up")
    code, err = redirected(("tokenizer", "encode", scratch / "tokenizer"), "<&-")
    expect(code == 3 and "standard input" in err, f"{code}: {err}")


@check
def a_reader_may_leave(scratch):
    """a pipe that is closed early ends the output without a word, and the exit code is that of the work"""
    pairs = scenes() / "pairs"
    for arguments in (("corpus", "inspect", pairs), ("corpus", "inspect", pairs, "--json"), ("--help",)):
        code, err = redirected(arguments, "> >(true)")
        expect(code == 0 and err == "", f"{arguments}: {code} {err}")
    text = scratch / "a.txt"
    text.write_text("the cat sat on the mat\n" * 200_000)
    run("tokenizer", "train", scratch / "tokenizer", "--from", text, "--vocabulary", 270)
    code, err = redirected(("tokenizer", "encode", scratch / "tokenizer"), f"< {text} > >(head -1 > /dev/null)")
    expect(code == 0 and err == "", f"{code} {err}")
    (scratch / "odd").mkdir()
    shard = next((scenes() / "pairs").glob("shard-*"))
    for file in pairs.iterdir():
        (scratch / "odd" / file.name).write_bytes(file.read_bytes())
    (scratch / "odd" / shard.name).write_bytes(shard.read_bytes()[:-1])
    code, _ = redirected(("corpus", "verify", scratch / "odd"), "> >(true)")
    expect(code == 3, f"a fault is exit code 3 whoever reads, not {code}")
    code, _ = redirected(("corpus", "frobnicate"), "2> >(true)")
    expect(code == 2, "an error that nobody reads")


def writers(scratch, image):
    """Commands that write a file, by the option that names it, and whether its contents are the image's."""
    return [
        ("--save", ("corpus", "peek", scenes() / "pairs", 0), image),
        ("--out", ("embed", trained(), "--corpus", "scenes:4"), None),
    ]


@check
def places_of_outputs_are_looked_at(scratch):
    """a device or pipe is written into, a link followed, a file replaced; directories, sockets and missing folders are refused early, and nothing is left"""
    image = peek(scenes() / "pairs", "0", "--member", "png")
    for option, command, contents in writers(scratch, image):
        place = scratch / option
        place.mkdir()

        def write(name, code=0):
            _, err = run(*command, option, f"{place}/{name}", code=code)
            return err

        def holds(path):
            found = path.read_bytes()
            return found == contents if contents else found[8:9] == b"{"

        if os.geteuid() == 0:
            os.mknod(place / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
            write("null")
            expect(stat.S_ISCHR(os.lstat(place / "null").st_mode), "the device was replaced by a file")
            os.mknod(place / "disk", stat.S_IFBLK | 0o600, os.makedev(7, 250))
            expect_words(write("disk", code=2), f"{option}: ", "a place for a file, found a disk")
            expect(stat.S_ISBLK(os.lstat(place / "disk").st_mode), "the disk was replaced by a file")
        os.mkfifo(place / "pipe")
        reader = subprocess.Popen(["cat", place / "pipe"], stdout=subprocess.PIPE)
        write("pipe")
        (place / "copy").write_bytes(reader.communicate()[0])
        expect(holds(place / "copy") and stat.S_ISFIFO(os.lstat(place / "pipe").st_mode), "the pipe's reader got something else")
        (place / "file").write_text("old")
        (place / "link").symlink_to("file")
        (place / "far").symlink_to(place / "new")
        for name, target in (("link", "file"), ("far", "new"), ("plain", "plain"), ("plain", "plain")):
            write(name)
            expect(holds(place / target) and (name == target or (place / name).is_symlink()), f"{name}: not in {target}")
        (place / "folder").mkdir()
        (place / "round").symlink_to("round")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(os.path.relpath(place / "socket"))
        for name, words in (("folder", "found a directory"), ("folder/", "the name of a directory"),
                            ("socket", "found a socket"), ("round", "symbolic links"), ("none/file", "No such file"),
                            ("file/below", "Not a directory")):
            expect_words(write(name, code=2), f"{option}: ", words)
        expect(stat.S_ISSOCK(os.lstat(place / "socket").st_mode) and not list((place / "folder").iterdir()), "left as they were")
        if os.path.exists("/dev/full"):
            run(*command, option, "/dev/full", code=3)
        known = {"null", "disk", "pipe", "copy", "file", "link", "far", "new", "plain", "folder", "round", "socket"}
        expect({file.name for file in place.iterdir()} <= known, f"left behind: {sorted(place.iterdir())}")


@check
def exports_appear_whole(scratch):
    """an export that fails leaves neither its directory nor a part of it"""
    run("checkpoint", "export", trained(), "--out", scratch / "x", code=4, more={"UNIMO_FAULT": "export.rename:3:fail"})
    expect(not list(scratch.iterdir()), f"left behind: {list(scratch.iterdir())}")
