import { z } from 'zod';

// The content security policy forbids making functions from text, which zod would try (and report) at its first parse.
z.config({ jitless: true });
