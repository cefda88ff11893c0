import {
  frameKinds,
  loudness,
  pcmBytes,
  pcmSamples,
  readFrame,
  writeFrame,
} from './sound-frames.js';

/**
 * Carries sound between the worklets and the sandbox, away from the thread that draws.
 * @typedef {{ kind: 'open', url: string, capture: MessagePort, playback: MessagePort }
 *   | { kind: 'speak', on: boolean }} WorkerOrder
 * @typedef {{ kind: 'level', rms: number } | { kind: 'closed', why: string } | { kind: 'heard', rms: number }} WorkerNews
 */

/** More bytes that wait for the network than this: the frame is left out, as it would come too late. */
const mostWaitingBytes = 32_768;
/** The level is told once in so many frames. */
const levelEvery = 6;

/** Wait before a connection that was lost is opened again. */
const againMs = 2_000;

let isSpeaking = false;
/** Tells that nobody speaks any more. */
let endSpeech = () => {};
let sequence = 0;
let captured = 0;
let heard = 0;

/** @param {WorkerNews} news */
const tell = (news) => postMessage(news);

self.onmessage = ({ data }) => {
  /** @type {WorkerOrder} */
  const order = data;
  if (order.kind === 'open') open(order);
  else {
    if (isSpeaking && !order.on) endSpeech();
    isSpeaking = order.on;
  }
};

/** @param {Extract<WorkerOrder, { kind: 'open' }>} order */
function open({ url, capture, playback }) {
  /** @type {WebSocket | undefined} */
  let socket;
  /** @type {(kind: number, atMs: number, payload: Uint8Array<ArrayBuffer>) => void} */
  const send = (kind, atMs, payload) => {
    if (socket?.readyState !== WebSocket.OPEN || socket.bufferedAmount > mostWaitingBytes) return;
    socket.send(writeFrame({ kind, sequence: sequence++, atMs, payload }));
  };
  endSpeech = () =>
    send(frameKinds.sentEnd, performance.timeOrigin + performance.now(), new Uint8Array());
  const connect = () => {
    socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => receive(data, playback);
    socket.onclose = ({ reason }) => {
      tell({ kind: 'closed', why: reason });
      setTimeout(connect, againMs);
    };
  };
  connect();
  capture.onmessage = ({ data }) => {
    const atMs = performance.timeOrigin + performance.now();
    if (captured++ % levelEvery === 0) tell({ kind: 'level', rms: loudness(data) });
    if (isSpeaking) send(frameKinds.sentPcm, atMs, pcmBytes(data));
  };
}

/**
 * @param {ArrayBuffer} bytes
 * @param {MessagePort} playback
 */
function receive(bytes, playback) {
  const frame = readFrame(bytes);
  if (frame?.kind !== frameKinds.heardPcm) return;
  const samples = pcmSamples(frame.payload);
  if (heard++ % levelEvery === 0) tell({ kind: 'heard', rms: loudness(samples) });
  playback.postMessage(samples, [samples.buffer]);
}
