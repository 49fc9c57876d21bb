/**
 * What runs in the target's Python: compiles a list of sources and prints what came of each. Read from stdin, one JSON
 * document: `sources`, each `[file, offset, stored bytes, is deflated, name in the code objects]`, and `out`, the file
 * that all bytecode goes to one after the other, or null to only compare. Printed: one JSON list with, per source,
 * `[bytes, crc32, sha256]` or null where the source does not compile.
 *
 * The header is that of PEP 552 with the flag "hash-based, unchecked": the interpreter then looks at no time stamp.
 */
export const bytecodeProgram = `
import gc, hashlib, importlib.util, json, marshal, sys, warnings, zlib
gc.disable()
warnings.simplefilter("ignore")
sys.setrecursionlimit(5000)
job = json.load(sys.stdin)
magic = importlib.util.MAGIC_NUMBER + b"\\1\\0\\0\\0"
source_hash = importlib.util.source_hash
out = open(job["out"], "wb") if job["out"] else None
opened = {}
results = []
for path, offset, size, deflated, name in job["sources"]:
    try:
        file = opened.get(path)
        if file is None:
            file = opened[path] = open(path, "rb")
            if len(opened) > 64:
                opened.pop(next(iter(opened))).close()
        file.seek(offset)
        source = file.read(size)
        if deflated:
            source = zlib.decompress(source, -15)
        code = compile(source, name, "exec", dont_inherit=True, optimize=0)
        bytecode = magic + source_hash(source) + marshal.dumps(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError, UnicodeError, OverflowError):
        results.append(None)
        continue
    if out:
        out.write(bytecode)
    results.append([len(bytecode), zlib.crc32(bytecode), hashlib.sha256(bytecode).hexdigest()])
    del code, source, bytecode
if out:
    out.close()
json.dump(results, sys.stdout)
`;
