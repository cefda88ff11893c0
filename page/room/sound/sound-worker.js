import { OpusEncoder } from './opus.js';
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
 * @typedef {{ kind: 'level', rms: number } | { kind: 'closed', why: string } | { kind: 'heard', frames: number, rms: number }} WorkerNews
 */

/** More bytes that wait for the network than this: the frame is left out, as it would come too late. */
const mostWaitingBytes = 32_768;
/** The level is told once in so many frames. */
const levelEvery = 3;

/** Frames that reached the sandbox so far apart have a pause of whoever speaks between them. */
const pauseMs = 60;

/** Wait before a connection that was lost is opened again. */
const againMs = 2_000;

let isSpeaking = false;
/** Tells that nobody speaks any more, once all that was said is sent. */
let endSpeech = async () => {};
let sequence = 0;
let [captured, heard] = [0, 0];
/** When the last frame that plays reached the sandbox, by its clock. */
let playedAtMs = 0;

/** @param {WorkerNews} news */
const tell = (news) => postMessage(news);

self.onmessage = ({ data }) => {
  /** @type {WorkerOrder} */
  const order = data;
  if (order.kind === 'open') void open(order);
  else {
    if (isSpeaking && !order.on) void endSpeech();
    isSpeaking = order.on;
  }
};

/** @param {Extract<WorkerOrder, { kind: 'open' }>} order */
async function open({ url, capture, playback }) {
  /** @type {WebSocket | undefined} */
  let socket;
  /** @type {(kind: number, atMs: number, payload: Uint8Array<ArrayBuffer>) => void} */
  const send = (kind, atMs, payload) => {
    if (socket?.readyState !== WebSocket.OPEN || socket.bufferedAmount > mostWaitingBytes) return;
    socket.send(writeFrame({ kind, sequence: sequence++, atMs, payload }));
  };
  const encoder = await OpusEncoder.open((atMs, packet) => send(frameKinds.sentOpus, atMs, packet));
  endSpeech = async () => {
    await encoder?.flush();
    send(frameKinds.sentEnd, performance.timeOrigin + performance.now(), new Uint8Array());
  };
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
    if (!isSpeaking) return;
    if (encoder) encoder.encode(data, atMs);
    else send(frameKinds.sentPcm, atMs, pcmBytes(data));
  };
}

/**
 * @param {ArrayBuffer} bytes
 * @param {MessagePort} playback
 */
function receive(bytes, playback) {
  const frame = readFrame(bytes);
  if (frame?.kind !== frameKinds.heardPcm) return;
  if (frame.atMs - playedAtMs > pauseMs) playback.postMessage('pause');
  playedAtMs = frame.atMs;
  const samples = pcmSamples(frame.payload);
  tell({ kind: 'heard', frames: ++heard, rms: loudness(samples) });
  playback.postMessage(samples, [samples.buffer]);
}
