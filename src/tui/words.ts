/** The TUI's own words, in each language. What scenarios say is in the scenarios. */
import type { Language } from '../scenario/localize.ts';

const EN = {
  menu: 'Scenarios',
  welcome: 'A Kubernetes network on this machine: real interfaces, routes, rules and packets. Choose a scenario.',
  level: { basic: 'basic', intermediate: 'intermediate', advanced: 'advanced' } as Record<string, string>,
  passed: 'all held',
  failed: 'something did not hold',
  interrupted: 'interrupted',
  building: 'Building the lab',
  built: (name: string, seconds: string) => `Lab ${name} built in ${seconds} s`,
  borrowed: (name: string) => `Lab ${name} was up; it goes on running`,
  labFailed: 'The lab could not be built',
  removing: 'Removing the lab …',
  cleaning: 'Cleaning up …',
  begin: 'Press enter to begin.',
  running: 'running …',
  ended: (steps: number, checks: number) => `${steps} steps, ${checks} claims checked`,
  problem: 'problem',
  expected: 'expected',
  observed: 'observed',
  nodes: 'Nodes',
  pods: 'Pods',
  services: 'Services',
  none: 'none',
  noLab: 'no lab yet',
  keys: {
    choose: '↑↓ choose',
    open: 'enter open',
    next: 'enter next',
    answer: (choices: number) => `1–${choices} answer`,
    auto: 'a auto',
    stopAuto: 'a stop',
    back: 'b menu',
    scroll: (below: number) => (below > 0 ? `↑↓ scroll, ${below} more` : '↑↓ scroll'),
    language: 'l 中文',
    quit: 'q quit',
  },
};

const ZH: typeof EN = {
  menu: '场景',
  welcome: '本机上的 Kubernetes 网络：真实的接口、路由、规则和数据包。请选择一个场景。',
  level: { basic: '基础', intermediate: '进阶', advanced: '高级' },
  passed: '全部成立',
  failed: '有不成立的断言',
  interrupted: '已中断',
  building: '正在搭建实验环境',
  built: (name, seconds) => `实验环境 ${name} 已搭建，用时 ${seconds} 秒`,
  borrowed: (name) => `实验环境 ${name} 原本就在运行，之后继续运行`,
  labFailed: '实验环境搭建失败',
  removing: '正在拆除实验环境……',
  cleaning: '正在清理……',
  begin: '按回车键开始。',
  running: '运行中……',
  ended: (steps, checks) => `${steps} 个步骤，验证了 ${checks} 条断言`,
  problem: '问题',
  expected: '期望',
  observed: '实际',
  nodes: '节点',
  pods: 'Pod',
  services: 'Service',
  none: '无',
  noLab: '尚无实验环境',
  keys: {
    choose: '↑↓ 选择',
    open: '回车 打开',
    next: '回车 下一步',
    answer: (choices) => `1–${choices} 作答`,
    auto: 'a 自动',
    stopAuto: 'a 停止',
    back: 'b 菜单',
    scroll: (below) => (below > 0 ? `↑↓ 还有 ${below} 行` : '↑↓ 滚动'),
    language: 'l English',
    quit: 'q 退出',
  },
};

export type Words = typeof EN;

/** The words of a language. */
export function wordsOf(language: Language): Words {
  return language === 'zh' ? ZH : EN;
}
