import {
  findUsedDevice,
  keepSoundChoice,
  loadSoundChoice,
  toSoundDevices,
} from '#page/room/sound/sound-devices.js';

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
