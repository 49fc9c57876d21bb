"""Turns a recording of telephone keys into text.

A recording is uploaded to S3; ffmpeg makes it 16 kHz mono; the keys are found by their pairs of tones (ITU-T Q.23)
and read as text typed on a telephone keypad: `44#` is h, `0#` is a space, `#` ends a letter.
The result is written beside the recording, as transcripts/NAME.json.
"""

import json
import os
import subprocess
import tempfile
import urllib.parse
import wave

import boto3
import numpy as np
import requests

s3 = boto3.client("s3")

RATE = 16000
FRAME = 320
ROWS = (697, 770, 852, 941)
COLUMNS = (1209, 1336, 1477)
KEYS = ("123", "456", "789", "*0#")
LETTERS = {
    "0": " ",
    "1": "1",
    "2": "abc",
    "3": "def",
    "4": "ghi",
    "5": "jkl",
    "6": "mno",
    "7": "pqrs",
    "8": "tuv",
    "9": "wxyz",
}


def handler(event, context):
    results = [transcribe(record["s3"]) for record in event["Records"]]
    return {"results": results}


def transcribe(source):
    bucket = source["bucket"]["name"]
    key = urllib.parse.unquote_plus(source["object"]["key"])
    with tempfile.TemporaryDirectory() as folder:
        recording = os.path.join(folder, "recording" + os.path.splitext(key)[1])
        sound = os.path.join(folder, "sound.wav")
        s3.download_file(bucket, key, recording)
        subprocess.run(
            ["ffmpeg", "-nostdin", "-loglevel", "error", "-i", recording, "-ac", "1", "-ar", "16000", "-f", "wav", sound],
            check=True,
        )
        samples = read_samples(sound)
    keys = find_keys(samples)
    result = {"recording": key, "seconds": round(len(samples) / RATE), "keys": keys, "text": read_text(keys)}
    name = os.path.splitext(os.path.basename(key))[0]
    s3.put_object(Bucket=bucket, Key=f"transcripts/{name}.json", Body=json.dumps(result).encode(), ContentType="application/json")
    notify(result)
    return result


def read_samples(path):
    with wave.open(path, "rb") as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2").astype(np.float32) / 32768


def find_keys(samples):
    """The keys in the order they were pressed; a key counts once it has sounded for two frames (40 ms)."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    time = np.arange(FRAME) / RATE
    waves = np.exp(-2j * np.pi * np.outer(time, ROWS + COLUMNS))
    power = np.abs(frames @ waves) ** 2 / FRAME
    total = (frames**2).sum(axis=1) + 1e-9
    pressed = []
    last, count = None, 0
    for levels, energy in zip(power, total):
        row, column = int(levels[:4].argmax()), int(levels[4:].argmax())
        share = 2 * (levels[row] + levels[4 + column]) / energy
        key = KEYS[row][column] if energy > 1 and share > 0.7 else None
        count = count + 1 if key == last else 1
        last = key
        if key is not None and count == 2:
            pressed.append(key)
    return "".join(pressed)


def read_text(keys):
    letters = []
    for taps in keys.split("#"):
        if taps:
            choices = LETTERS[taps[0]]
            letters.append(choices[(len(taps) - 1) % len(choices)])
    return "".join(letters)


def notify(result):
    """Tells whoever waits for the text, when there is an address for it."""
    address = os.environ.get("NOTIFY_URL")
    if address:
        requests.post(address, json=result, timeout=2)
