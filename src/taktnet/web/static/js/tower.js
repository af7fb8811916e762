import * as answer from "./answer.js";
import * as keys from "./keys.js";
import * as live from "./live.js";

keys.start();
answer.start();
live.start();
