import { roomPipelineContract } from '#test/contracts/room-pipeline.ts';

for (const name of ['chained', 'audio-model', 'realtime'] as const) roomPipelineContract(name);
