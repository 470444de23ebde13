// Vehicles that are not ours: vda-5050-lib's virtual vehicle by VDA 5050 2.0.0, many in one process.
//   node vehicles.js BROKER-URL ROADS.json N
// It moves in leaps (timeLapse) while its clock is the real one. Its pick and drop know pallets only: here they take containers.
"use strict";
const fs = require("fs");
const { AgvController, VirtualAgvAdapter } = require("vda-5050-lib");
const [broker, file, count] = process.argv.slice(2);
const roads = JSON.parse(fs.readFileSync(file, "utf8"));

class Carrier extends VirtualAgvAdapter {
  get name() {
    return "Carrier";
  }
  get actionDefinitions() {
    return super.actionDefinitions.map((d) =>
      d.actionType === "pick" || d.actionType === "drop"
        ? { ...d, actionParameterConstraints: { stationType: (v) => v === "crane", loadType: (v) => v === "container" } }
        : d,
    );
  }
}

async function main() {
  const places = roads.nodes.filter((n) => n.spot === "park").concat(roads.nodes.filter((n) => n.spot === "charger"));
  const controllers = [];
  const charged = new Set();
  setInterval(() => {
    const before = charged.size;
    controllers.forEach((c, i) => c.currentState.batteryState.charging && charged.add(i));
    if (charged.size !== before) console.log(`charged ${charged.size}`);
  }, 200);
  for (let i = 0; i < Number(count); i++) {
    const n = places[i];
    const controller = new AgvController(
      { manufacturer: "other", serialNumber: `agv-${i + 1}` },
      { interfaceName: "uagv", transport: { brokerUrl: broker }, vdaVersion: "2.0.0" },
      { agvAdapterType: Carrier, publishStateInterval: 5000 },
      {
        initialPosition: { mapId: roads.id, x: n.x_mm / 1000, y: n.y_mm / 1000, theta: 0, lastNodeId: n.id },
        vehicleSpeed: 6,
        initialBatteryCharge: i % 5 === 4 ? 35 : 80, // every fifth goes to a charger first
        fullBatteryChargeTime: 1,
        agvNormalDeviationXyTolerance: 2,
        tickRate: 25,
        timeLapse: 20,
      },
    );
    await controller.start();
    controllers.push(controller);
  }
  console.log("ready");
}
main().catch((e) => {
  console.error(e);
  process.exit(1);
});
