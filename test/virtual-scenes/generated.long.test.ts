import { testGeneratedScenes } from './virtual-scene-tests.ts';

testGeneratedScenes(51, 200);
