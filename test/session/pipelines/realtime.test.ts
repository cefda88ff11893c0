import { roomPipelineContract } from '#test/contracts/room-pipeline.ts';

roomPipelineContract('realtime');
