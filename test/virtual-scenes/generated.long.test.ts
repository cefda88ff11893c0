import { testGeneratedScenes } from './generated-scene-tests.ts';

testGeneratedScenes(51, 200);
