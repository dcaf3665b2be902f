#!/usr/bin/env node
// For whoever starts it by this name: see maskforge.cjs.
import './maskforge.cjs';
