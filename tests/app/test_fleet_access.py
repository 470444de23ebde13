"""Who may use the broker: user name and password, TLS with a CA of our own. A box is carried over it; a broker that says no, or is not who it should be, is
named at once with what to change; the password is seen nowhere."""
import getpass
import os
import shutil
import subprocess
import sys
import tempfile
import time

from fleet_rig import BROKER, Broker, Process

PROGRAM = os.path.abspath(sys.argv[1])
SECRET = "Sesam-4711-offen"
ROADS = ["--make", "lanes=2,cranes=2,parks=4,chargers=1,corridor=700,line=100"]


def run(*args, **more):
    return subprocess.run(args, capture_output=True, text=True, check=True, **more)


def certificates(folder):
    def f(name):
        return os.path.join(folder, name)

    for name in ("ca", "other"):
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f(name + ".key"), "-out", f(name + ".pem"), "-days", "2", "-subj", f"/CN={name}")
    run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f("broker.key"), "-out", f("broker.csr"), "-subj", "/CN=broker")
    with open(f("broker.ext"), "w", encoding="ascii") as x:
        x.write("subjectAltName=IP:127.0.0.1\n")
    run("openssl", "x509", "-req", "-in", f("broker.csr"), "-CA", f("ca.pem"), "-CAkey", f("ca.key"), "-CAcreateserial", "-out", f("broker.pem"), "-days", "2",
        "-extfile", f("broker.ext"))
    run("mosquitto_passwd", "-c", "-b", f("passwords"), "control", SECRET)
    for name in ("broker.key", "passwords"):
        os.chmod(f(name), 0o600)


def main():
    if not BROKER or not shutil.which("openssl") or not shutil.which("mosquitto_passwd"):
        print("skipped: there is no mosquitto or no openssl on this machine (tools/install.sh check)")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        certificates(folder)
        good, bad, ca = (os.path.join(folder, n) for n in ("good", "bad", "ca.pem"))
        for path, text in ((good, SECRET), (bad, "guess")):
            with open(path, "w", encoding="ascii") as f:
                f.write(text + "\n")
        user = f"user {getpass.getuser()}\n"
        broker = Broker(folder, f"certfile {folder}/broker.pem\nkeyfile {folder}/broker.key\npassword_file {folder}/passwords\nallow_anonymous false\n{user}")
        common = [*ROADS, "--broker", f"127.0.0.1:{broker.port}", "--vehicles", "cuakhau/igv-1@2.1", "--speed-up", "100", "--epoch", str(int(time.time() * 1000)),
                  "--json", "--seconds", "40"]
        running = []

        def start(what, *args, text="", env=None):
            os.environ.pop("CUAKHAU_MQTT_PASSWORD", None)
            os.environ.update(env or {})
            running.append(Process([PROGRAM, what, *common, *args], text))
            return running[-1]

        try:
            # one gets it by a file, one by the environment
            v = start("vehicles", "--user", "control", "--password-file", good, "--ca", ca, "--handle-ms", "31000")
            f = start("fleet", "--user", "control", "--ca", ca, "--crane-ms", "30000", "--until-done", text='{"id":1,"from":"own"}\n', env={"CUAKHAU_MQTT_PASSWORD": SECRET})
            with open(f"/proc/{v.p.pid}/cmdline", "rb") as seen:
                assert SECRET.encode() not in seen.read()
            status, last = f.end(40)
            assert status == 0 and last["done"] == 1, (status, last, f.errors)
            v.end(10, stop=True)
            for what, args, word in (("fleet", ["--user", "control", "--password-file", bad, "--ca", ca], "not authorised"),
                                     ("vehicles", ["--user", "control", "--password-file", bad, "--ca", ca], "not authorised"),
                                     ("fleet", ["--ca", ca], "not authorised"),
                                     ("fleet", ["--user", "control", "--password-file", good, "--ca", os.path.join(folder, "other.pem")], "certificate"),
                                     ("fleet", ["--user", "control", "--password-file", good, "--ca", folder + "/none"], "--ca: the file cannot be read"),
                                     ("fleet", ["--password-file", good], "--user"),
                                     ("fleet", ["--cert", ca], "--key")):
                p = start(what, *args)
                status, _ = p.end(10)
                assert status in (2, 3) and any(word in e for e in p.errors), (what, args, status, p.errors)
            said = "".join("".join(p.errors) + str(p.lines) for p in running)
            assert SECRET not in said and "guess" not in said
        finally:
            for p in running:
                if p.p.poll() is None:
                    p.kill()
            broker.kill()
    print("a box over TLS with a password; seven refusals, each named")


main()
