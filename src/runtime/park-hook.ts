/** Descriptors that a process which shall be parked inherits: the line to shear, and the folder with the hook. */
export const parkDescriptors = { control: 3, folder: 4 } as const;

/**
 * Python runs this before anything else, whatever starts Python: an entry point of the image's own too. It stops the process where
 * the handler's module is about to be imported, and takes itself away without a trace: variables, search path, modules and
 * descriptors are then what they are without it.
 *
 *     found PATH\n     ──▶  import lines to run already, \0 between them, \n
 *     parked FILES\n   ──▶  \n: go on
 */
export const parkHook: string = `import os
import sys

CONTROL = int(os.environ.pop("SHEAR_PARK_CONTROL"))
FOLDER = int(os.environ.pop("SHEAR_PARK_FOLDER"))
OWN = os.path.dirname(__file__)
BEFORE = os.environ.pop("SHEAR_PARK_PYTHONPATH", None)


def read():
    got = b""
    while not got.endswith(b"\\n"):
        more = os.read(CONTROL, 65536)
        if not more:
            os._exit(0)
        got += more
    return got[:-1].decode()


def write(word, texts):
    left = (word + "\\0".join(texts) + "\\n").encode("utf-8", "surrogateescape")
    while left:
        left = left[os.write(CONTROL, left):]


class Gate:
    def __init__(self, name):
        self.name = name

    def find_spec(self, name, path=None, target=None):
        if name != self.name:
            return None
        sys.meta_path.remove(self)
        spec = None
        for finder in sys.meta_path:
            spec = finder.find_spec(name, None)
            if spec is not None:
                break
        write("found ", [str(getattr(spec, "origin", ""))])
        for line in read().split("\\0"):
            exec(line, {"__name__": "__main__"})
        files = []
        for module in list(sys.modules.values()):
            files += [one for one in (getattr(module, "__file__", None), getattr(module, "__cached__", None)) if isinstance(one, str)]
        write("parked ", files)
        read()
        os.close(CONTROL)
        return None


def begin():
    os.set_inheritable(CONTROL, False)
    if BEFORE is None:
        os.environ.pop("PYTHONPATH", None)
    else:
        os.environ["PYTHONPATH"] = BEFORE
    sys.path[:] = [one for one in sys.path if one != OWN]
    sys.path_importer_cache.pop(OWN, None)
    os.close(FOLDER)
    name = os.environ.get("_HANDLER", "").rsplit(".", 1)[0]
    if name and "/" not in name and "." not in name:
        sys.meta_path.insert(0, Gate(name))


begin()
# Here site looks for one of the image's own, and finds what it finds without this one.
for entry in sys.path:
    if any(os.path.exists(os.path.join(entry, "sitecustomize" + end)) for end in ("", ".py", ".pyc")):
        os._exit(0)
raise ImportError("no sitecustomize", name="sitecustomize")
`;
