import {
  frameKinds,
  measureRms,
  readFrame,
  toPcmBytes,
  toPcmSamples,
  writeFrame,
} from './sound-frames.js';

// Carries sound between the worklets and the sandbox, away from the thread that draws.

/**
 * The first order, which connects to the sandbox.
 * @typedef {object} OpenOrder
 * @property {'open'} kind
 * @property {string} url address of the socket
 * @property {MessagePort} capture gives frames of the microphone
 * @property {MessagePort} playback takes samples to play
 */

/**
 * An order of the page to the worker.
 * @typedef {OpenOrder | { kind: 'speak', isSpeaking: boolean }} WorkerOrder
 */

/**
 * News of the worker for the page: the level of the microphone, or that of the sound that is played.
 * @typedef {{ kind: 'level', rms: number } | { kind: 'heard', rms: number }} WorkerNews
 */

/** Beyond these bytes in the socket a frame would come too late, and is left out. */
const maxWaitingBytes = 32_768;
/** So many frames are between two figures of a level. */
const framesPerLevel = 6;

const reconnectMs = 2_000;

let isSpeaking = false;
let endSpeech = () => {};
let sequence = 0;
let capturedCount = 0;
let heardCount = 0;

/**
 * Tells the page something.
 * @param {WorkerNews} news
 */
function postNews(news) {
  postMessage(news);
}

self.onmessage = ({ data }) => {
  /** @type {WorkerOrder} */
  const order = data;
  if (order.kind === 'open') openSound(order);
  else {
    if (isSpeaking && !order.isSpeaking) endSpeech();
    isSpeaking = order.isSpeaking;
  }
};

/**
 * Connects to the sandbox, and again whenever the connection is lost.
 * @param {OpenOrder} order
 */
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
    socket.onclose = () => setTimeout(connect, reconnectMs);
  };
  connect();
  capture.onmessage = ({ data }) => {
    const atMs = performance.timeOrigin + performance.now();
    if (capturedCount++ % framesPerLevel === 0)
      postNews({ kind: 'level', rms: measureRms(data) });
    if (isSpeaking) send(frameKinds.sentPcm, atMs, toPcmBytes(data));
  };
}

/**
 * Gives a frame of the sandbox to the worklet that plays.
 * @param {ArrayBuffer} bytes
 * @param {MessagePort} playback
 */
function playFrame(bytes, playback) {
  const frame = readFrame(bytes);
  if (frame?.kind !== frameKinds.heardPcm) return;
  const samples = toPcmSamples(frame.payload);
  if (heardCount++ % framesPerLevel === 0)
    postNews({ kind: 'heard', rms: measureRms(samples) });
  playback.postMessage(samples, [samples.buffer]);
}
