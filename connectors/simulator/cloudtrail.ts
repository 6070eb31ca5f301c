import { CLOUD_ACCOUNT, CLOUD_REGION, OFFICE_ADDRESS } from "./company.ts";
import type { Day, WrittenFile } from "./day.ts";
import { createRandom, type Random, uuid, weighted } from "./random.ts";
import { dayCount, HOUR_MS, instantsOfDay, MACHINE_HOURS, OFFICE_HOURS } from "./rhythm.ts";
import type { PlannedLine } from "./timeline.ts";

/** Records of a week at scale 1. */
export const CLOUDTRAIL_EVENTS = 80_000;
const FILE_HOURS = 6;

/** Who calls: `keyId` and `principalId` follow from the name alone. */
export interface CloudIdentity {
  readonly name: string;
  /** The `userIdentity` object, written. */
  readonly json: string;
  readonly keyId: string;
}

function keyId(prefix: string, name: string): string {
  return `${prefix}${createRandom(`cloud-key/${name}`).letters(16).toUpperCase()}`;
}

export function cloudUser(name: string): CloudIdentity {
  const key = keyId("AKIA", name);
  const principal = keyId("AIDA", name);
  return {
    name,
    keyId: key,
    json: `{"type":"IAMUser","principalId":"${principal}","arn":"arn:aws:iam::${CLOUD_ACCOUNT}:user/${name}","accountId":"${CLOUD_ACCOUNT}","accessKeyId":"${key}","userName":"${name}"}`,
  };
}

function cloudRole(name: string, session: string): CloudIdentity {
  const key = keyId("ASIA", name + session);
  const principal = keyId("AROA", name);
  return {
    name,
    keyId: key,
    json: `{"type":"AssumedRole","principalId":"${principal}:${session}","arn":"arn:aws:sts::${CLOUD_ACCOUNT}:assumed-role/${name}/${session}","accountId":"${CLOUD_ACCOUNT}","accessKeyId":"${key}","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"${principal}","arn":"arn:aws:iam::${CLOUD_ACCOUNT}:role/${name}","accountId":"${CLOUD_ACCOUNT}","userName":"${name}"},"attributes":{"mfaAuthenticated":"false"}}}`,
  };
}

export interface CloudCall {
  readonly date: string;
  /** `08:00:00`: CloudTrail keeps whole seconds. */
  readonly clockSeconds: string;
  readonly eventId: string;
  readonly requestId: string;
  readonly identity: CloudIdentity;
  readonly service: string;
  readonly name: string;
  readonly readOnly: boolean;
  readonly address: string;
  readonly userAgent: string;
  /** JSON object or `null`, written. */
  readonly request: string;
  readonly errorCode: string | null;
}

/** One record, without a comma or line end. */
export function cloudRecord(call: CloudCall): string {
  const error =
    call.errorCode === null
      ? ""
      : `"errorCode":"${call.errorCode}","errorMessage":"User is not authorized to perform ${call.name}",`;
  const data = call.name === "GetObject" || call.name === "PutObject";
  return `{"eventVersion":"1.09","userIdentity":${call.identity.json},"eventTime":"${call.date}T${call.clockSeconds}Z","eventSource":"${call.service}.amazonaws.com","eventName":"${call.name}","awsRegion":"${CLOUD_REGION}","sourceIPAddress":"${call.address}","userAgent":"${call.userAgent}",${error}"requestParameters":${call.request},"responseElements":null,"requestID":"${call.requestId}","eventID":"${call.eventId}","readOnly":${call.readOnly},"eventType":"AwsApiCall","managementEvent":${!data},"recipientAccountId":"${CLOUD_ACCOUNT}","eventCategory":"${data ? "Data" : "Management"}"}`;
}

interface Habit {
  readonly identity: CloudIdentity;
  readonly address: string;
  readonly userAgent: string;
  readonly calls: readonly (readonly [service: string, name: string, readOnly: boolean, request: string])[];
  readonly weight: number;
}

/** Whose key is used from outside in the story; by day it only uploads, from the office. */
export const BACKUP_UPLOADER: CloudIdentity = cloudUser("backup-uploader");

const CONSOLE = "console.amazonaws.com";
const SDK = "Boto3/1.40.11 md/Botocore#1.40.11 lang/python#3.12.4";
const HABITS: readonly Habit[] = [
  {
    identity: BACKUP_UPLOADER,
    address: OFFICE_ADDRESS,
    userAgent: SDK,
    weight: 12,
    calls: [
      ["s3", "PutObject", false, '{"bucketName":"lantern-backup","key":"nightly/part-#.tar"}'],
      ["s3", "ListObjects", true, '{"bucketName":"lantern-backup","prefix":"nightly/"}'],
    ],
  },
  {
    identity: cloudRole("dispatch-api", "i-0a1b2c3d4e5f60001"),
    address: "192.0.2.20",
    userAgent: SDK,
    weight: 34,
    calls: [
      ["s3", "GetObject", true, '{"bucketName":"lantern-labels","key":"label-#.pdf"}'],
      ["s3", "PutObject", false, '{"bucketName":"lantern-labels","key":"label-#.pdf"}'],
      [
        "kms",
        "Decrypt",
        true,
        '{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"purpose":"labels"}}',
      ],
      ["secretsmanager", "GetSecretValue", true, '{"secretId":"dispatch/database"}'],
    ],
  },
  {
    identity: cloudRole("log-shipper", "i-0a1b2c3d4e5f60002"),
    address: "192.0.2.21",
    userAgent: "aws-sdk-go-v2/1.39.0 os/linux lang/go#1.25.1",
    weight: 22,
    calls: [
      ["logs", "CreateLogStream", false, '{"logGroupName":"/lantern/app","logStreamName":"app-#"}'],
      ["logs", "DescribeLogGroups", true, "null"],
      [
        "sts",
        "AssumeRole",
        true,
        `{"roleArn":"arn:aws:iam::${CLOUD_ACCOUNT}:role/log-shipper","roleSessionName":"ship-#"}`,
      ],
    ],
  },
  {
    identity: cloudRole("engineer", "engineering04"),
    address: OFFICE_ADDRESS,
    userAgent: CONSOLE,
    weight: 14,
    calls: [
      ["ec2", "DescribeInstances", true, '{"instancesSet":{},"filterSet":{}}'],
      ["ec2", "DescribeVolumes", true, '{"volumeSet":{},"filterSet":{}}'],
      ["s3", "ListBuckets", true, "null"],
      ["cloudwatch", "GetMetricData", true, "null"],
      ["sts", "GetCallerIdentity", true, "null"],
    ],
  },
  {
    identity: cloudRole("deployer", "build-agent"),
    address: "192.0.2.22",
    userAgent: "aws-cli/2.30.1 md/awscrt#0.27.6 lang/python#3.13.7",
    weight: 10,
    calls: [
      ["lambda", "UpdateFunctionCode20150331v2", false, '{"functionName":"quote-worker"}'],
      ["ecs", "DescribeServices", true, '{"services":["dispatch"],"cluster":"lantern"}'],
      ["sts", "GetCallerIdentity", true, "null"],
      ["iam", "GetRole", true, '{"roleName":"quote-worker"}'],
    ],
  },
  {
    identity: cloudUser("inventory-scan"),
    address: OFFICE_ADDRESS,
    userAgent: SDK,
    weight: 8,
    calls: [
      ["iam", "ListUsers", true, "null"],
      ["iam", "ListAccessKeys", true, '{"userName":"inventory-scan"}'],
      ["s3", "GetBucketPolicy", true, '{"bucketName":"lantern-labels"}'],
      ["ec2", "DescribeSecurityGroups", true, '{"securityGroupSet":{},"filterSet":{}}'],
    ],
  },
];
const pickHabit = weighted(
  HABITS,
  HABITS.map((habit) => habit.weight),
);

function backgroundRecord(random: Random, date: string, clockSeconds: string): string {
  const habit = pickHabit(random);
  const [service, name, readOnly, request] = random.pick(habit.calls);
  return cloudRecord({
    date,
    clockSeconds,
    eventId: uuid(random),
    requestId: uuid(random),
    identity: habit.identity,
    service,
    name,
    readOnly,
    address: habit.address,
    userAgent: habit.userAgent,
    request: request.includes("#") ? request.replace("#", String(random.below(1_000_000))) : request,
    errorCode: random.next() < 0.006 ? "AccessDenied" : null,
  });
}

/** Writes one day of CloudTrail: `{"Records":[...]}`, gzip, a file for six hours, in the trail's own folders. */
export async function writeCloudtrailDay(day: Day): Promise<WrittenFile[]> {
  const { random, stamps } = day;
  const count = Math.round(dayCount(CLOUDTRAIL_EVENTS, day.weekStartMs, day.index) * day.scale);
  const hours = OFFICE_HOURS.map((weight, hour) => weight * 0.4 + MACHINE_HOURS[hour]! * 0.6);
  const instants = instantsOfDay(random, count, hours);
  const planned: readonly PlannedLine[] = [...day.planned("cloudtrail")].sort(
    (left, right) => left.msOfDay - right.msOfDay,
  );
  const written: WrittenFile[] = [];
  let next = 0;
  let nextPlanned = 0;
  for (let hour = 0; hour < 24; hour += FILE_HOURS) {
    const compact = stamps.date.replaceAll("-", "");
    const folder = `AWSLogs/${CLOUD_ACCOUNT}/CloudTrail/${CLOUD_REGION}/${stamps.date.replaceAll("-", "/")}`;
    const name = `${CLOUD_ACCOUNT}_CloudTrail_${CLOUD_REGION}_${compact}T${String(hour).padStart(2, "0")}00Z_${random.letters(16)}.json.gz`;
    const file = day.open(`${folder}/${name}`);
    const untilMs = (hour + FILE_HOURS) * HOUR_MS;
    let events = 0;
    file.write('{"Records":[');
    const add = (record: string): void => {
      file.write(events === 0 ? record : `,${record}`);
      events += 1;
    };
    const addPlanned = (upToMs: number): void => {
      while (nextPlanned < planned.length && planned[nextPlanned]!.msOfDay <= upToMs) {
        add(planned[nextPlanned++]!.text);
      }
    };
    for (; next < count && instants[next]! < untilMs; next++) {
      addPlanned(instants[next]!);
      add(backgroundRecord(random, stamps.date, stamps.clockSeconds(instants[next]!)));
      if (file.full) await file.drain();
    }
    addPlanned(untilMs - 1);
    file.write("]}");
    written.push({ path: file.path, events, malformed: 0, bytes: await file.close() });
  }
  return written;
}
