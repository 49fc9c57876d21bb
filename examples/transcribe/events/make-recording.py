"""Makes message.mp3: text typed on a telephone keypad, with line noise, as 44.1 kHz stereo.

    python3 events/make-recording.py "lean and quick" events/message.mp3

Needs ffmpeg on the PATH. The result differs between versions of ffmpeg; the text in it does not.
"""

import array
import math
import random
import subprocess
import sys

RATE = 44100
TONES = {key: (low, high) for low, row in zip((697, 770, 852, 941), ("123", "456", "789", "*0#")) for key, high in zip(row, (1209, 1336, 1477))}
LETTERS = {"0": " ", "2": "abc", "3": "def", "4": "ghi", "5": "jkl", "6": "mno", "7": "pqrs", "8": "tuv", "9": "wxyz"}
TAPS = {letter: key * (at + 1) for key, letters in LETTERS.items() for at, letter in enumerate(letters)}


def main(text, path):
    noise = random.Random(3)
    samples = array.array("h")

    def add(seconds, tones):
        for i in range(round(seconds * RATE)):
            value = sum(math.sin(2 * math.pi * tone * i / RATE) for tone in tones) * 0.25 + noise.gauss(0, 0.01)
            samples.append(round(value * 32767))

    add(0.5, ())
    for key in "".join(TAPS[letter] + "#" for letter in text):
        add(0.09, TONES[key])
        add(0.06, ())
    add(0.5, ())
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "-"]
    subprocess.run([*command, "-ac", "2", "-b:a", "48k", "-map_metadata", "-1", path], input=samples.tobytes(), check=True)


main(sys.argv[1], sys.argv[2])
