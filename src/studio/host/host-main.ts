import { createStudio } from '../studio';
import { serveHost } from './host-server';
import { parentLink } from './parent-link';

serveHost(parentLink(), createStudio);
