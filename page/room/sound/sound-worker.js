import {
  frameKinds,
  measureRms,
  readFrame,
  toPcmBytes,
  toPcmSamples,
  writeFrame,
} from './sound-frames.js';

/**
 * Carries sound between the worklets and the sandbox, away from the thread that draws.
 * @typedef {{ kind: 'open', url: string, capture: MessagePort, playback: MessagePort }
 *   | { kind: 'speak', on: boolean }} WorkerOrder
 * @typedef {{ kind: 'level', rms: number } | { kind: 'closed', why: string } | { kind: 'heard', rms: number }} WorkerNews
 */

/** Beyond these bytes in the socket a frame would come too late, and is left out. */
const maxWaitingBytes = 32_768;
const framesPerLevel = 6;

const reconnectMs = 2_000;

let isSpeaking = false;
let endSpeech = () => {};
let sequence = 0;
let captured = 0;
let heard = 0;

/** @param {WorkerNews} news */
const postNews = (news) => postMessage(news);

self.onmessage = ({ data }) => {
  /** @type {WorkerOrder} */
  const order = data;
  if (order.kind === 'open') openSound(order);
  else {
    if (isSpeaking && !order.on) endSpeech();
    isSpeaking = order.on;
  }
};

/** @param {Extract<WorkerOrder, { kind: 'open' }>} order */
function openSound({ url, capture, playback }) {
  /** @type {WebSocket | undefined} */
  let socket;
  /** @type {(kind: number, atMs: number, payload: Uint8Array<ArrayBuffer>) => void} */
  const send = (kind, atMs, payload) => {
    if (
      socket?.readyState !== WebSocket.OPEN ||
      socket.bufferedAmount > maxWaitingBytes
    )
      return;
    socket.send(writeFrame({ kind, sequence: sequence++, atMs, payload }));
  };
  endSpeech = () =>
    send(
      frameKinds.sentEnd,
      performance.timeOrigin + performance.now(),
      new Uint8Array(),
    );
  const connect = () => {
    socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => playFrame(data, playback);
    socket.onclose = ({ reason }) => {
      postNews({ kind: 'closed', why: reason });
      setTimeout(connect, reconnectMs);
    };
  };
  connect();
  capture.onmessage = ({ data }) => {
    const atMs = performance.timeOrigin + performance.now();
    if (captured++ % framesPerLevel === 0)
      postNews({ kind: 'level', rms: measureRms(data) });
    if (isSpeaking) send(frameKinds.sentPcm, atMs, toPcmBytes(data));
  };
}

/**
 * @param {ArrayBuffer} bytes
 * @param {MessagePort} playback
 */
function playFrame(bytes, playback) {
  const frame = readFrame(bytes);
  if (frame?.kind !== frameKinds.heardPcm) return;
  const samples = toPcmSamples(frame.payload);
  if (heard++ % framesPerLevel === 0)
    postNews({ kind: 'heard', rms: measureRms(samples) });
  playback.postMessage(samples, [samples.buffer]);
}
