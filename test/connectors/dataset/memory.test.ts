import { createMemoryRegistry } from "../../../connectors/dataset/memory.ts";
import { registryContract } from "./registry-contract.ts";

registryContract("memory registry", createMemoryRegistry);
