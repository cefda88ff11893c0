import { FrameCutter, SampleRing } from '#page/room/sound/sample-ring.js';
import {
  findUsedDevice,
  keepSoundChoice,
  loadSoundChoice,
  toSoundDevices,
} from '#page/room/sound/sound-devices.js';
import {
  frameKinds,
  headBytes,
  measureRms,
  readFrame,
  toMeterPosition,
  toPcmBytes,
  toPcmSamples,
  writeFrame,
} from '#page/room/sound/sound-frames.js';
import {
  isSoundMissing,
  type SoundGate,
  type SoundGateEvent,
  stepSoundGate,
} from '#page/room/sound/sound-gate.js';
import { fc } from '#test/properties.ts';

const [load, press, returned, waited] = (
  ['load', 'press', 'returned', 'waited'] as const
).map((kind): SoundGateEvent => ({ kind })) as [
  SoundGateEvent,
  SoundGateEvent,
  SoundGateEvent,
  SoundGateEvent,
];
const changeContext = (state: string): SoundGateEvent => ({ kind: 'context', state });

/** The last state after events, and how often the browser was asked to play. */
function passGate(...events: readonly SoundGateEvent[]): [SoundGate, number] {
  let gate: SoundGate = 'new';
  let askedCount = 0;
  for (const event of events) {
    const [next, effect] = stepSoundGate(gate, event);
    gate = next;
    if (effect) askedCount++;
  }
  return [gate, askedCount];
}

test.for<[string, readonly SoundGateEvent[], SoundGate, number]>([
  [
    'a browser that lets pages sound begins by itself',
    [load, changeContext('running'), waited],
    'running',
    1,
  ],
  [
    'one that blocks them waits for a press',
    [load, changeContext('suspended'), waited],
    'blocked',
    1,
  ],
  [
    'a press ends the block',
    [load, waited, press, changeContext('running')],
    'running',
    2,
  ],
  [
    'each press asks the browser again until it plays',
    [load, press, press, press],
    'pressed',
    4,
  ],
  ['a press where no loudspeaker is is in vain', [load, press, waited], 'silent', 2],
  [
    'a loudspeaker that comes later plays',
    [load, press, waited, returned, changeContext('running')],
    'running',
    3,
  ],
  [
    'a call in Safari interrupts',
    [load, changeContext('running'), changeContext('interrupted')],
    'interrupted',
    1,
  ],
  [
    'its end may leave the sound suspended',
    [
      load,
      changeContext('running'),
      changeContext('interrupted'),
      changeContext('suspended'),
    ],
    'interrupted',
    1,
  ],
  [
    'who comes back to the page hears without a press where the browser allows it',
    [
      load,
      changeContext('running'),
      changeContext('interrupted'),
      returned,
      changeContext('running'),
    ],
    'running',
    2,
  ],
  [
    'while it plays nothing is asked',
    [load, changeContext('running'), press, returned, waited],
    'running',
    1,
  ],
])('%s', ([, events, gate, asked]) => {
  expect(passGate(...events)).toEqual([gate, asked]);
});

test('somebody has to press in exactly the states in which a press helps', () => {
  const gates = [
    'new',
    'asked',
    'blocked',
    'pressed',
    'running',
    'interrupted',
    'silent',
  ] as const;
  expect(gates.filter(isSoundMissing)).toEqual(['blocked', 'interrupted', 'silent']);
});

const headset = { id: 'h', label: 'Headset' };

/** Storage of a browser with one text. */
function openStorage(text: string | null = null) {
  let kept = text;
  return {
    getItem: () => kept,
    setItem: (_: string, value: string) => {
      kept = value;
    },
  };
}

test('a chosen device is used while it is there, else the system’s, which is told', () => {
  expect(findUsedDevice(headset, [headset])).toEqual({ id: 'h', isMissing: false });
  expect(findUsedDevice(headset, [{ id: 'x', label: 'Other' }])).toEqual({
    id: '',
    isMissing: true,
  });
});

test('a device with another id and the same label is the chosen one', () => {
  expect(findUsedDevice(headset, [{ id: 'later', label: 'Headset' }])).toEqual({
    id: 'later',
    isMissing: false,
  });
});

test('while the browser names no devices nothing is missing', () => {
  expect(findUsedDevice(headset, [])).toEqual({ id: 'h', isMissing: false });
});

test('devices without a name and the browser’s own entries are left out', () => {
  const infos = [
    { kind: 'audioinput', deviceId: 'default', label: 'Default' },
    { kind: 'audioinput', deviceId: 'h', label: 'Headset' },
    { kind: 'audioinput', deviceId: 'n', label: '' },
    { kind: 'audiooutput', deviceId: 's', label: 'Speaker' },
    { kind: 'videoinput', deviceId: 'v', label: 'Camera' },
  ] as const;
  expect(toSoundDevices(infos, true)).toEqual({
    microphones: [headset],
    loudspeakers: [{ id: 's', label: 'Speaker' }],
  });
  expect(toSoundDevices(infos, false).loudspeakers).toEqual([]);
});

test('a choice is kept in the browser, and what somebody else wrote there is no choice', () => {
  const storage = openStorage();
  const choice = {
    microphone: headset,
    loudspeaker: { id: '', label: '' },
    volume: 0.5,
  };
  keepSoundChoice(storage, choice);
  expect(loadSoundChoice(storage)).toEqual(choice);
  for (const text of [null, '{', '3', 'null', '{"volume":9,"microphone":{"id":3}}'])
    expect(loadSoundChoice(openStorage(text))).toMatchObject({
      microphone: { id: '' },
      volume: 1,
    });
});

test('a browser that forbids its storage keeps nothing, and the page goes on', () => {
  const refuseAccess = () => {
    throw new Error('SecurityError');
  };
  expect(loadSoundChoice({ getItem: refuseAccess }).volume).toBe(1);
  expect(() =>
    keepSoundChoice({ setItem: refuseAccess }, loadSoundChoice(openStorage())),
  ).not.toThrow();
});

test('a frame is read as it was written, and its head is 13 bytes, little-endian', () => {
  const frame = {
    kind: frameKinds.sentPcm,
    sequence: 4_294_967_295,
    atMs: 1_234.5,
    payload: new Uint8Array([7, 8, 9]),
  };
  const bytes = writeFrame(frame);
  expect(bytes.length).toBe(headBytes + 3);
  expect([...bytes.subarray(0, 5)]).toEqual([2, 255, 255, 255, 255]);
  expect(new DataView(bytes.buffer).getFloat64(5, true)).toBe(1_234.5);
  expect(readFrame(bytes.buffer)).toEqual(frame);
});

test.each([0, 1, headBytes - 1])('%i bytes are no frame', (length) =>
  expect(readFrame(new ArrayBuffer(length))).toBeUndefined(),
);

test('samples come back from their bytes, and too loud ones at full scale', () => {
  expect(
    [...toPcmSamples(toPcmBytes(new Float32Array([0, 0.5, -0.5, 1.7, -1.7])))].map(
      (sample) => Math.round(sample * 1_000),
    ),
  ).toEqual([0, 500, -500, 1_000, -1_000]);
  expect([...toPcmBytes(new Float32Array([1]))]).toEqual([0xff, 0x7f]);
  expect(toPcmSamples(new Uint8Array([0xff, 0x7f, 1]))).toEqual(new Float32Array([1]));
});

test('the meter stands at nothing for silence and at its end for full scale', () => {
  expect(measureRms(new Float32Array(0))).toBe(0);
  expect(toMeterPosition(measureRms(new Float32Array(960)))).toBe(0);
  expect(toMeterPosition(measureRms(new Float32Array(960).fill(1)))).toBe(1);
  expect(toMeterPosition(measureRms(new Float32Array(960).fill(-0.1)))).toBeCloseTo(
    2 / 3,
  );
});

const sizes = {
  reserveSamples: 4,
  maxSamples: 8,
  maxReserveSamples: 4,
  holeSamples: 0,
  calmSamples: Number.POSITIVE_INFINITY,
  fadeSamples: 0,
};

function pullSamples(ring: SampleRing, count: number) {
  const out = new Float32Array(count).fill(9);
  ring.pull(out);
  return [...out];
}

test('nothing plays before the reserve is there, then everything in order', () => {
  const ring = new SampleRing(sizes);
  ring.push(new Float32Array([1, 2, 3]));
  expect(pullSamples(ring, 2)).toEqual([0, 0]);
  ring.push(new Float32Array([4]));
  expect([pullSamples(ring, 3), ring.length]).toEqual([[1, 2, 3], 1]);
});

test('once it has run dry it waits for the reserve again', () => {
  const ring = new SampleRing(sizes);
  ring.push(new Float32Array([1, 2, 3, 4]));
  expect(pullSamples(ring, 6)).toEqual([1, 2, 3, 4, 0, 0]);
  ring.push(new Float32Array([5, 6]));
  expect(pullSamples(ring, 2)).toEqual([0, 0]);
  ring.push(new Float32Array([7, 8]));
  expect(pullSamples(ring, 4)).toEqual([5, 6, 7, 8]);
});

test('what does not fit takes the place of the oldest', () => {
  const ring = new SampleRing(sizes);
  ring.push(new Float32Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
  expect(pullSamples(ring, 8)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
});

const growing = {
  ...sizes,
  reserveSamples: 100,
  maxSamples: 2_000,
  maxReserveSamples: 500,
  holeSamples: 300,
  calmSamples: 1_000,
};
const makeTone = (length: number) => new Float32Array(length).fill(1);

/** Sound that lasts for `samples` after the reserve, and then is missing for `gap`. */
function playWithGap(ring: SampleRing, samples: number, gap: number) {
  ring.push(makeTone(samples));
  pullSamples(ring, samples + gap);
}

test('a hole in the middle of speech doubles the reserve, up to its limit', () => {
  const ring = new SampleRing(growing);
  const reserves = [1, 2, 3, 4].map(() => {
    playWithGap(ring, 600, 200);
    ring.push(makeTone(1));
    pullSamples(ring, 1);
    return ring.reserve;
  });
  expect(reserves).toEqual([200, 400, 500, 500]);
});

test('speech that ends is no hole, however often', () => {
  const ring = new SampleRing(growing);
  for (let n = 0; n < 5; n++) playWithGap(ring, 150, 400);
  expect(ring.reserve).toBe(100);
});

test('after a time without holes the reserve falls again', () => {
  const ring = new SampleRing(growing);
  playWithGap(ring, 150, 200);
  ring.push(makeTone(1));
  expect(ring.reserve).toBe(200);
  const reserves = [1, 2, 3, 4].map(() => {
    playWithGap(ring, 1_000, 400);
    return ring.reserve;
  });
  expect(reserves).toEqual([150, 112, 100, 100]);
});

test('sound begins and breaks off without a click', () => {
  const ring = new SampleRing({ ...sizes, maxSamples: 400, fadeSamples: 100 });
  ring.push(makeTone(300));
  const heardValues = [0, ...pullSamples(ring, 600)];
  const steps = heardValues.map((sample, n) =>
    Math.abs(sample - (heardValues[n - 1] ?? 0)),
  );
  expect(Math.max(...heardValues)).toBe(1);
  expect(Math.max(...steps)).toBeLessThan(0.05);
  expect(heardValues.at(-1)).toBeLessThan(0.001);
});

test('whatever the lengths, frames hold every sample once and in order', () => {
  const lengths = fc.array(fc.nat({ max: 30 }), { maxLength: 20 });
  fc.assert(
    fc.property(lengths, (pieces) => {
      const cutter = new FrameCutter(7);
      let next = 0;
      const frames = pieces.flatMap((length) =>
        cutter.cut(Float32Array.from({ length }, () => next++)),
      );
      expect(frames.flatMap((frame) => [...frame])).toEqual(
        Array.from({ length: next - (next % 7) }, (_, n) => n),
      );
    }),
  );
});
