import { testGeneratedScenes } from './virtual-scene-tests.ts';

testGeneratedScenes(11, 200);
