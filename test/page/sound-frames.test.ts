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
